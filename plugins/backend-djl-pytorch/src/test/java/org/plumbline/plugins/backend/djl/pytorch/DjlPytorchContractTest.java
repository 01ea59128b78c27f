package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Optional;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** The backend keeps the contract of compute backends. */
class DjlPytorchContractTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new DjlPytorchBackend(TestSession.settings("cpu", 1));
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(new ReferenceBackend());
    }
}
