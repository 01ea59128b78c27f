package org.plumbline.runtime;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.BundleTracker;
import org.plumbline.kernel.plugin.PluginCatalog;

/** Starts the extender and the watch over the plugin folders. When it returns, every plugin that can start has started. */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class Activator implements BundleActivator {
    private @Nullable BundleTracker<?> tracker;
    private @Nullable PluginFolders folders;

    @Override
    public void start(BundleContext context) {
        ServiceReference<PluginCatalog> reference = context.getServiceReference(PluginCatalog.class);
        if (reference == null) {
            throw new IllegalStateException("the launcher has not published a " + PluginCatalog.class.getName());
        }
        PluginCatalog catalog = context.getService(reference);
        Problems problems = new Problems(catalog);
        Path home = Path.of(property(context, "plumbline.home", "")).toAbsolutePath();
        Duration drain = Duration.ofMillis(Long.parseLong(property(context, "plumbline.plugins.drain", "60000")));
        Duration poll = Duration.ofMillis(Long.parseLong(property(context, "plumbline.plugins.poll", "500")));

        PluginExtender extender = new PluginExtender(catalog, problems, home, drain);
        BundleTracker<?> opened = new BundleTracker<>(context, Bundle.ACTIVE, extender);
        opened.open();
        tracker = opened;
        PluginFolders watched =
                new PluginFolders(folders(context, home), new PluginJars(context, extender, problems), poll);
        watched.open();
        folders = watched;
    }

    @Override
    public void stop(BundleContext context) {
        if (folders != null) {
            folders.close();
        }
        // Takes back the plugins of all bundles that are still active.
        if (tracker != null) {
            tracker.close();
        }
    }

    private static List<Path> folders(BundleContext context, Path home) {
        String names = property(
                context, "plumbline.plugins.folders", home.resolve("plugins").toString());
        return Arrays.stream(names.split(File.pathSeparator, -1))
                .filter(name -> !name.isBlank())
                .map(name -> Path.of(name).toAbsolutePath().normalize())
                .distinct()
                .toList();
    }

    private static String property(BundleContext context, String name, String otherwise) {
        String value = context.getProperty(name);
        return value == null ? otherwise : value;
    }
}
