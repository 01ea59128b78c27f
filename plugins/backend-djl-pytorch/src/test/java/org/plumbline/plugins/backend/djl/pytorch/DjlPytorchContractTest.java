package org.plumbline.plugins.backend.djl.pytorch;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** The backend keeps the contract of compute backends. */
class DjlPytorchContractTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new DjlPytorchBackend(new DjlPytorchBackend.Configuration("cpu", 1));
    }
}
