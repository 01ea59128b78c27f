package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** A CUDA device keeps the contract. */
@Tag("gpu")
class CudaContractTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new DjlPytorchBackend(TestSession.settings("cuda", 1));
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(new ReferenceBackend());
    }
}
