package org.plumbline.kernel.study;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Closes what belongs to a plugin, which may fail or hang, without the run failing or hanging with it. */
final class PatientClose {
    private final Duration patience;

    PatientClose(Duration patience) {
        this.patience = patience;
    }

    /**
     * Closes, on a thread of its own that is left behind if it does not come back.
     *
     * @return what went wrong, a sentence; empty if nothing did
     */
    String close(String what, AutoCloseable resource) {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread closing = new Thread(
                () -> {
                    try {
                        resource.close();
                    } catch (Exception | Error broken) {
                        failure.set(broken);
                    } finally {
                        closed.countDown();
                    }
                },
                "closing " + what);
        closing.setDaemon(true);
        closing.start();
        boolean interrupted = false;
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                try {
                    if (!closed.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                        return what + " did not close within " + patience.toSeconds()
                                + " s and was left behind; its plugin is at fault";
                    }
                    Throwable broken = failure.get();
                    return broken == null ? "" : what + " failed to close: " + broken.getMessage();
                } catch (InterruptedException later) {
                    // The new backend must not be opened while the old one still ends; say so when that is done.
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
