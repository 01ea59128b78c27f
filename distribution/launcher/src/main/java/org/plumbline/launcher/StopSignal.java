package org.plumbline.launcher;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.plumbline.kernel.progress.Interruption;

/**
 * Turns Ctrl-C into a wish to stop. The Java VM ends as soon as its shutdown hooks do; this one waits until the work has
 * come to a step boundary, has written its records and is closed. The exit code is then 130, as the shell expects.
 */
final class StopSignal {
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Interruption interruption;
    private final PrintStream messages;
    private final Duration patience;
    private final Thread hook = new Thread(this::stop, "plumbline-stop");

    /**
     * Begins to listen.
     *
     * @param patience how long the work may take to stop
     */
    StopSignal(Interruption interruption, PrintStream messages, Duration patience) {
        this.interruption = interruption;
        this.messages = messages;
        this.patience = patience;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Lets the process end. To be called last, after everything has been written and printed. */
    void workFinished() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyStopping) {
            // The hook sees that the work is finished.
        }
    }

    private void stop() {
        interruption.request();
        messages.println();
        messages.println("plumbline: stopping at the next step ...");
        try {
            if (!finished.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                messages.println(
                        "plumbline: no step boundary within " + patience.toSeconds() + " s; ending all the same");
            }
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
