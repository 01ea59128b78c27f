package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.AnchorContract;

class ReferenceAnchorTest extends AnchorContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
