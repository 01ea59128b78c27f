package org.plumbline.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one bundle per plugin jar. Bundles are installed from copies, so that a jar may be overwritten at any time. Used
 * by one thread at a time.
 */
final class PluginJars {
    /** What became of a request. */
    enum Outcome {
        /** Carried out, or refused for good; there is nothing more to do until the file changes. */
        DONE,
        /** The file is not complete; ask again when it has changed. */
        INCOMPLETE,
        /** A plugin of the bundle is in use; ask again soon. Nobody new gets it. */
        IN_USE
    }

    private static final Logger LOG = LoggerFactory.getLogger(PluginJars.class);
    private static final String CAPABILITY = "org.plumbline.plugin";
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final BundleContext context;
    private final PluginExtender extender;
    private final Problems problems;
    private final Unresolved unresolved;
    private final Map<Path, Bundle> bundles = new HashMap<>();
    /** Jars whose change waits for plugins that are in use. */
    private final Set<Path> waiting = new HashSet<>();

    PluginJars(BundleContext context, PluginExtender extender, Problems problems) {
        this.context = context;
        this.extender = extender;
        this.problems = problems;
        this.unresolved = new Unresolved(context);
    }

    /** Installs the jar, or replaces what was installed from it. {@link #startAll} starts it. */
    Outcome put(Path jar) {
        Path copy = context.getDataFile("incoming.jar").toPath();
        try {
            Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
            Manifest manifest;
            try {
                manifest = readCompletely(copy);
            } catch (IOException incomplete) {
                problems.forget(jar);
                problems.report(
                        jar, name(jar), List.of(jar + " is not a complete jar file: " + incomplete.getMessage()));
                return Outcome.INCOMPLETE;
            }
            if (manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME) == null) {
                problems.forget(jar);
                problems.report(
                        jar,
                        name(jar),
                        List.of(
                                jar + " is not an OSGi bundle: its manifest has no " + Constants.BUNDLE_SYMBOLICNAME,
                                "build it as plugins/README.md shows"));
                return remove(jar);
            }
            Bundle bundle = bundles.get(jar);
            if (bundle != null && !free(bundle, jar)) {
                return Outcome.IN_USE;
            }
            problems.forget(jar);
            try (InputStream content = Files.newInputStream(copy)) {
                if (bundle == null) {
                    bundles.put(jar, context.installBundle("plumbline:" + jar.toUri(), content));
                } else {
                    bundle.stop();
                    bundle.update(content);
                    refresh(bundle);
                }
            }
        } catch (BundleException refused) {
            problems.report(
                    jar, name(jar), List.of(jar + " cannot be installed", String.valueOf(refused.getMessage())));
        } catch (IOException unreadable) {
            problems.report(jar, name(jar), List.of(jar + " cannot be read", unreadable.toString()));
            return Outcome.INCOMPLETE;
        }
        return Outcome.DONE;
    }

    /** Uninstalls what was installed from the jar. */
    Outcome remove(Path jar) {
        Bundle bundle = bundles.get(jar);
        if (bundle == null) {
            return Outcome.DONE;
        }
        if (!free(bundle, jar)) {
            return Outcome.IN_USE;
        }
        bundles.remove(jar);
        problems.forget(bundle);
        try {
            bundle.stop();
            bundle.uninstall();
            refresh(bundle);
        } catch (BundleException failure) {
            LOG.warn("{} cannot be removed cleanly", jar, failure);
        }
        return Outcome.DONE;
    }

    /** Takes the bundle's plugins back; true if nobody holds them any more. */
    private boolean free(Bundle bundle, Path jar) {
        boolean free = extender.withdraw(bundle, PATIENCE);
        if (free) {
            waiting.remove(jar);
        } else if (waiting.add(jar)) {
            for (String id : pluginIds(bundle)) {
                problems.report(
                        jar,
                        id,
                        List.of(
                                jar + " has changed or is gone",
                                "the plugin is still in use; this waits until it is let go"));
            }
        }
        return free;
    }

    /** Forgets what was said about a jar that is not there any more. */
    void forget(Path jar) {
        problems.forget(jar);
    }

    /** Starts every bundle that is not started; what one lacks may have come with another. */
    void startAll() {
        for (Bundle bundle : bundles.values()) {
            boolean waiting = (bundle.getState() & (Bundle.INSTALLED | Bundle.RESOLVED)) != 0;
            if (!waiting || bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
                continue;
            }
            problems.forget(bundle);
            try {
                bundle.start();
            } catch (BundleException failure) {
                report(bundle, failure);
            }
        }
    }

    private void report(Bundle bundle, BundleException failure) {
        List<String> reasons = new ArrayList<>();
        String name = bundle.getSymbolicName() + " " + bundle.getVersion();
        if (bundle.getState() == Bundle.INSTALLED) {
            reasons.add("bundle " + name + " does not resolve");
            reasons.addAll(unresolved.reasons(bundle, String.valueOf(failure.getMessage())));
        } else {
            reasons.add("bundle " + name + " does not start");
            reasons.add(String.valueOf(failure.getCause() == null ? failure.getMessage() : failure.getCause()));
        }
        for (String id : pluginIds(bundle)) {
            problems.report(bundle, id, reasons);
        }
    }

    /** The ids of a bundle whose classes cannot be loaded, as far as the build wrote them down. */
    private static List<String> pluginIds(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        List<String> ids = revision == null
                ? List.of()
                : revision.getDeclaredCapabilities(CAPABILITY).stream()
                        .map(capability ->
                                String.valueOf(capability.getAttributes().get("id")))
                        .distinct()
                        .toList();
        if (!ids.isEmpty()) {
            return ids;
        }
        List<String> classes = PluginExtender.pluginClasses(bundle);
        return classes.isEmpty() ? List.of(bundle.getSymbolicName()) : classes;
    }

    /** Reads every entry to its end, which checks its length and checksum. */
    private static Manifest readCompletely(Path copy) throws IOException {
        try (JarFile jar = new JarFile(copy.toFile())) {
            for (var entries = jar.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                try (InputStream content = jar.getInputStream(entry)) {
                    content.transferTo(OutputStream.nullOutputStream());
                }
            }
            @Nullable Manifest manifest = jar.getManifest();
            return manifest == null ? new Manifest() : manifest;
        }
    }

    /** Lets go of the bundle's old classes and waits until that is done. */
    private void refresh(Bundle bundle) {
        CountDownLatch done = new CountDownLatch(1);
        FrameworkWiring wiring =
                context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
        wiring.refreshBundles(List.of(bundle), event -> done.countDown());
        try {
            if (!done.await(120, TimeUnit.SECONDS)) {
                LOG.warn("refreshing {} takes longer than two minutes", bundle);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private static String name(Path jar) {
        return String.valueOf(jar.getFileName());
    }
}
