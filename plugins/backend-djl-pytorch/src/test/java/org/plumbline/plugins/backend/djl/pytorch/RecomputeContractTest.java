package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Optional;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** Recomputed activations, on two threads, keep the contract. */
class RecomputeContractTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new DjlPytorchBackend(
                new DjlPytorchBackend.Configuration("cpu", 1, 2, Precision.FLOAT32, Recompute.SEGMENTS));
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(new ReferenceBackend());
    }
}
