package org.plumbline.kernel.control;

import java.util.function.Consumer;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.PlumblineException;

/** What can be asked of a run from outside. Called by several threads. */
public interface Controls {
    /** The folder of the run, absolute. */
    String folder();

    /** A few lines for people: which study, on which backend, how far. */
    String status();

    /**
     * Orders another backend and waits until all workers have gone over.
     *
     * @param say takes what happens, as it happens
     * @throws PlumblineException if the order cannot be followed
     */
    void swap(BackendChoice choice, Consumer<String> say) throws InterruptedException;
}
