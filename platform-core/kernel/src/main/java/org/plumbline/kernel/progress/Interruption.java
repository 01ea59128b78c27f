package org.plumbline.kernel.progress;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A wish, raised from outside, that work should stop at its next step boundary and leave its records readable.
 * Thread-safe; a raised wish stays.
 */
public final class Interruption {
    private volatile boolean requested;

    /** Asks the work to stop. */
    public void request() {
        requested = true;
    }

    /** True once somebody asked the work to stop. */
    public boolean stopRequested() {
        return requested;
    }

    /**
     * For step boundaries.
     *
     * @throws PlumblineException {@link StandardError#INTERRUPTED} once somebody asked the work to stop
     */
    public void check() {
        if (requested) {
            throw PlumblineException.of(StandardError.INTERRUPTED)
                    .asked("stopped on request; what was written so far is complete")
                    .build();
        }
    }
}
