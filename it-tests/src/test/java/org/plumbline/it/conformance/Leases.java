package org.plumbline.it.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.plumbline.it.App;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.launcher.Host;

/** Plugins of the distribution in a running host; whatever was opened is closed in reverse order. */
final class Leases implements AutoCloseable {
    private final Path scratch;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Host host;

    /**
     * @param scratch for the host's cache, and the folder in which plugins look for files
     */
    Leases(Path scratch) {
        this.scratch = scratch;
        host = Host.start(new Host.Settings(
                App.HOME,
                List.of(App.HOME.resolve("plugins")),
                scratch.resolve("cache"),
                Duration.ofMinutes(1),
                Duration.ofSeconds(10)));
    }

    PluginCatalog catalog() {
        return host.catalog();
    }

    <T> T lease(Class<T> role, String id, Map<String, Object> settings) {
        return keep(catalog().lease(role, id, settings, scratch)).get();
    }

    /** Closes this with the rest. */
    <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    @Override
    public void close() {
        try (host) {
            while (!opened.isEmpty()) {
                closeLast();
            }
        }
    }

    private void closeLast() {
        AutoCloseable last = opened.pop();
        try {
            last.close();
        } catch (Exception failure) {
            throw new AssertionError(last + " failed to close", failure);
        }
    }
}
