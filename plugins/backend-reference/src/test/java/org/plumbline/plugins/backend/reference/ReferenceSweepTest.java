package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.SweepContract;

class ReferenceSweepTest extends SweepContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
