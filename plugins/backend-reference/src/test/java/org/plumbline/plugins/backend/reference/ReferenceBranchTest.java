package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.BranchContract;

class ReferenceBranchTest extends BranchContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
