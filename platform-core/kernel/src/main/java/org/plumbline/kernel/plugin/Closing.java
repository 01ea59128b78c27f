package org.plumbline.kernel.plugin;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what comes from one plugin, without ever waiting for it for good: what does not come back in time is reported by
 * name and left behind with its thread, and the host goes on. Once that has happened, later ones get a moment only.
 */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);
    private static final Duration MOMENT = Duration.ofMillis(200);

    private final PluginCatalog catalog;
    private final PluginDescription description;
    private final Duration patience;
    private volatile boolean hung;

    Closing(PluginCatalog catalog, PluginDescription description, Duration patience) {
        this.catalog = catalog;
        this.description = description;
        this.patience = patience;
    }

    /**
     * Closes something.
     *
     * @return false if it did not come back
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if it throws a checked exception; what else it throws
     *     is thrown on
     */
    boolean close(AutoCloseable closeable) {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        closeable.close();
                    } catch (Throwable thrown) {
                        failure.set(thrown);
                    }
                    catalog.forget(what());
                },
                "plumbline-close-" + description.id());
        thread.setDaemon(true);
        thread.start();
        if (!ends(thread)) {
            report(thread);
            return false;
        }
        rethrow(failure.get());
        return true;
    }

    /** Waits also if it is interrupted: what follows must not happen while the plugin is still at work. */
    private boolean ends(Thread thread) {
        long end = System.nanoTime() + (hung ? MOMENT : patience).toNanos();
        boolean interrupted = false;
        try {
            while (thread.isAlive()) {
                // Rounded up: it gets all the time that the report will say it had.
                long left = (end - System.nanoTime() + 999_999) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                try {
                    thread.join(left);
                } catch (InterruptedException wakeUp) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void report(Thread thread) {
        String still = "did not come back from close within " + patience.toMillis() / 1000.0 + " s and is left behind";
        if (!hung) {
            LOG.warn("{} {}", description, still);
        }
        hung = true;
        catalog.report(new Unavailable(
                what(),
                List.of(
                        description + " " + still,
                        "what it holds is not given back before this process ends",
                        "tell the plugin's author: its close() hangs")));
        thread.interrupt(); // a last chance to let go
    }

    private String what() {
        return description.id() + " (" + description.bundle() + " " + description.version() + ")";
    }

    private void rethrow(@Nullable Throwable failure) {
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked(description + " failed to close")
                    .cause(failure)
                    .build();
        }
    }
}
