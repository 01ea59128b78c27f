package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.ChainContract;

class ReferenceChainTest extends ChainContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
