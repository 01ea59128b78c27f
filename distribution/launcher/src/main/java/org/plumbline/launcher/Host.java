package org.plumbline.launcher;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.launch.Framework;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running framework with the distribution's bundles and plugins. When {@link #start} returns, every plugin that can
 * start is in the catalog; the plugin folders are watched until the host is closed. Thread-safe.
 */
public final class Host implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Host.class);

    /**
     * Where a host finds and puts things.
     *
     * @param home folder of the distribution, with lib, bundles and plugins
     * @param pluginFolders where plugin jars are looked for
     * @param cache beneath which bundles are unpacked
     * @param poll time between two looks at the plugin folders
     * @param drain how long a plugin that is taken away by force waits until it is let go, and how long it may take to close
     */
    public record Settings(Path home, List<Path> pluginFolders, Path cache, Duration poll, Duration drain) {
        public Settings {
            pluginFolders = List.copyOf(pluginFolders);
        }

        /** The usual settings: the distribution's plugin folder and one more. */
        public static Settings of(Path home, Path morePlugins) {
            return new Settings(
                    home,
                    List.of(home.resolve("plugins"), morePlugins),
                    userCache(),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(60));
        }

        private static Path userCache() {
            String cache = System.getenv("XDG_CACHE_HOME");
            return cache == null || cache.isBlank()
                    ? Path.of(System.getProperty("user.home"), ".cache", "plumbline")
                    : Path.of(cache, "plumbline");
        }
    }

    private final Settings settings;
    private final FrameworkCache cache;
    private final Framework framework;
    private final PluginCatalog catalog;

    private Host(Settings settings) {
        this.settings = settings;
        this.catalog = new PluginCatalog(settings.drain());
        GroundFloor floor = GroundFloor.of(settings.home().resolve("lib"));
        this.cache = cache(settings);
        Map<String, Object> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, cache.folder().toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, floor.packages());
        // Java forgets annotations whose class a bundle does not see: without this nobody would see a plugin's
        // @Nullable.
        properties.put(Constants.FRAMEWORK_BOOTDELEGATION, "org.jspecify.annotations");
        properties.put(Constants.FRAMEWORK_BUNDLE_PARENT, Constants.FRAMEWORK_BUNDLE_PARENT_FRAMEWORK);
        properties.put("felix.bootdelegation.implicit", "false");
        properties.put("felix.log.logger", new FelixLog());
        properties.put("felix.log.level", "2");
        properties.put("plumbline.home", settings.home().toString());
        properties.put(
                "plumbline.plugins.folders",
                settings.pluginFolders().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        properties.put("plumbline.plugins.poll", Long.toString(settings.poll().toMillis()));
        properties.put("plumbline.plugins.drain", Long.toString(settings.drain().toMillis()));
        this.framework = new FrameworkFactory().newFramework(properties);
    }

    /**
     * Starts a host.
     *
     * @throws PlumblineException if the distribution is incomplete
     */
    public static Host start(Settings settings) {
        long begin = System.nanoTime();
        Host host = new Host(settings);
        try {
            host.boot();
        } catch (BundleException | IOException | RuntimeException failure) {
            host.close();
            if (failure instanceof PlumblineException clear) {
                throw clear;
            }
            throw PlumblineException.of(StandardError.INTERNAL)
                    .asked("the host does not start from " + settings.home() + ": " + failure.getMessage())
                    .remedy("unpack or build the distribution again")
                    .cause(failure)
                    .build();
        }
        LOG.debug("started in {} ms", (System.nanoTime() - begin) / 1_000_000);
        return host;
    }

    /** The plugins. */
    public PluginCatalog catalog() {
        return catalog;
    }

    /** Folder of the distribution. */
    public Path home() {
        return settings.home();
    }

    /** Where plugin jars are looked for. */
    public List<Path> pluginFolders() {
        return settings.pluginFolders();
    }

    /** Where bundles are unpacked while the host runs. */
    public Path cacheFolder() {
        return cache.folder();
    }

    /** The framework, for what is not about plugins. */
    public BundleContext framework() {
        return framework.getBundleContext();
    }

    /** Takes the plugins back, waiting for those that are in use, and ends the framework. Closing twice is harmless. */
    @Override
    public void close() {
        try {
            framework.stop();
            framework.waitForStop(settings.drain().plusSeconds(30).toMillis());
        } catch (BundleException failure) {
            LOG.warn("the framework does not stop", failure);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        cache.close();
    }

    private void boot() throws BundleException, IOException {
        framework.init();
        framework
                .getBundleContext()
                .registerService(PluginCatalog.class, catalog, FrameworkUtil.asDictionary(Map.of()));
        framework.start();
        List<Bundle> bundles = new ArrayList<>();
        for (Path jar : jars(settings.home().resolve("bundles"))) {
            try (InputStream content = Files.newInputStream(jar)) {
                bundles.add(framework.getBundleContext().installBundle("plumbline:" + jar.toUri(), content));
            }
        }
        for (Bundle bundle : bundles) {
            bundle.start();
        }
    }

    private static Set<Path> jars(Path folder) throws IOException {
        Set<Path> jars = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            files.forEach(jars::add);
        }
        if (jars.isEmpty()) {
            throw new IOException("no bundles in " + folder);
        }
        return jars;
    }

    private static FrameworkCache cache(Settings settings) {
        try {
            return FrameworkCache.open(settings.cache().resolve("framework"));
        } catch (IOException readOnlyHome) {
            LOG.debug("{} cannot be used", settings.cache(), readOnlyHome);
        }
        Path temporary = Path.of(
                System.getProperty("java.io.tmpdir"), "plumbline-" + System.getProperty("user.name"), "framework");
        try {
            return FrameworkCache.open(temporary);
        } catch (IOException unwritable) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("neither " + settings.cache() + " nor " + temporary + " can be written")
                    .remedy("set XDG_CACHE_HOME to a folder that can")
                    .cause(unwritable)
                    .build();
        }
    }
}
