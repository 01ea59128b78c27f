package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Optional;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** The rows of a call on two threads keep the contract. */
class TwoWorkersContractTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new DjlPytorchBackend(
                new DjlPytorchBackend.Configuration("cpu", 1, 2, Precision.FLOAT32, Recompute.NONE));
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(new ReferenceBackend());
    }
}
