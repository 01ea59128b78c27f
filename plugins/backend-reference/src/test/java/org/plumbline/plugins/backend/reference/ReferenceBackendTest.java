package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

class ReferenceBackendTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
