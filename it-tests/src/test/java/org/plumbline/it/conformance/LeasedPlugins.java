package org.plumbline.it.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.plumbline.it.App;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;

/** The assembled application as a running host, and what was leased from it; all of it ends with this. */
final class LeasedPlugins implements AutoCloseable {
    private final Deque<Runnable> closing = new ArrayDeque<>();
    private final Host host;
    private final Path scratch;

    /** Starts the host. */
    LeasedPlugins(Path scratch) {
        this.scratch = scratch;
        host = Host.start(new Host.Settings(
                App.HOME,
                List.of(App.HOME.resolve("plugins")),
                scratch.resolve("cache"),
                Duration.ofMinutes(1),
                Duration.ofSeconds(10)));
        closing.push(host::close);
    }

    <T> T lease(Class<T> role, String id, Map<String, Object> settings) {
        Lease<T> lease = host.catalog().lease(role, id, settings, scratch);
        closing.push(lease::close);
        return lease.get();
    }

    /** Has something closed before the host is. */
    void closeWith(Runnable end) {
        closing.push(end);
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
