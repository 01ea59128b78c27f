package org.plumbline.kernel.backend;

import java.util.EnumSet;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Two backends as one: networks run forward on the one that is faster at it, and gradients come from the other.
 *
 * <p>Arenas and tensors are those of the backend for gradients, on which everything but {@code Network.forward} happens.
 * For a forward pass the other backend works in the same memory, if both share theirs
 * ({@link org.plumbline.spi.backend.TensorArena#memory}, {@link org.plumbline.spi.backend.TensorArena#view}): theta and
 * inputs are read and the output is written where they lie. Otherwise numbers are copied, through float64.
 *
 * <p>A network is trusted after its first forward pass has been made on both backends, with the operands of that call, and
 * the outputs agree: within 1e-4 of the largest number of the output, or 1e-10 if both backends compute in float64. If they
 * do not, that call and every later one of the network fail with {@link StandardError#DISAGREEMENT}. An output that is not
 * finite on the backend for gradients proves nothing, and the next call is compared instead.
 *
 * <p>The two backends are borrowed: closing the composite closes neither, whoever made or leased them does, after this one's
 * sessions are closed. Thread-safe.
 */
public final class CompositeBackend implements ComputeBackend {
    private final ComputeBackend gradients;
    private final ComputeBackend rollouts;

    /**
     * Joins two backends.
     *
     * @param gradients owns tensors and differentiates
     * @param rollouts runs networks forward
     */
    public CompositeBackend(ComputeBackend gradients, ComputeBackend rollouts) {
        this.gradients = gradients;
        this.rollouts = rollouts;
    }

    /** Those of the backend for gradients; {@link Capability#FLOAT64} only if both have it. */
    @Override
    public Set<Capability> capabilities() {
        Set<Capability> capabilities = EnumSet.copyOf(gradients.capabilities());
        if (!rollouts.capabilities().contains(Capability.FLOAT64)) {
            capabilities.remove(Capability.FLOAT64);
        }
        return capabilities;
    }

    @Override
    public String description() {
        return "gradients on " + gradients.description() + "; forward passes on " + rollouts.description();
    }

    /**
     * {@inheritDoc}
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if the device of either backend cannot be used
     */
    @Override
    public BackendSession open() {
        double tolerance = capabilities().contains(Capability.FLOAT64) ? Parity.FLOAT64 : Parity.FLOAT32;
        Parity parity = new Parity(gradients.description(), rollouts.description(), tolerance);
        BackendSession first = gradients.open();
        BackendSession second = null;
        try {
            second = rollouts.open();
            return new CompositeSession(first, second, parity);
        } catch (RuntimeException | Error failure) {
            if (second != null) {
                second.close();
            }
            first.close();
            throw failure;
        }
    }
}
