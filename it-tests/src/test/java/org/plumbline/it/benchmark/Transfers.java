package org.plumbline.it.benchmark;

import java.util.List;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.testkit.estimator.MeteredBackend;

/**
 * The copies between Java and the device of one update.
 *
 * @param toDevice how many numbers each held
 * @param fromDevice the same the other way
 */
record Transfers(List<Integer> toDevice, List<Integer> fromDevice) {
    Transfers {
        toDevice = List.copyOf(toDevice);
        fromDevice = List.copyOf(fromDevice);
    }

    /** What a backend counted. */
    static Transfers of(MeteredBackend metered) {
        return new Transfers(metered.toDevice(), metered.fromDevice());
    }

    /**
     * How long they take, one after the other, on a device that does nothing else; a second time, since the first one
     * allocates. During an update a copy to Java also waits for what is being computed, which is no cost of the copy.
     */
    double seconds(ComputeBackend backend) {
        try (BackendSession session = backend.open()) {
            copy(session);
            long start = System.nanoTime();
            copy(session);
            return (System.nanoTime() - start) / 1e9;
        }
    }

    private void copy(BackendSession session) {
        for (int size : toDevice) {
            try (TensorArena arena = session.arena()) {
                arena.tensor(new double[size], size);
            }
        }
        for (int size : fromDevice) {
            try (TensorArena arena = session.arena()) {
                Tensor zeros = arena.zeros(size);
                if (zeros.toDoubles().length != size) {
                    throw new IllegalStateException("a tensor changed its size");
                }
            }
        }
    }
}
