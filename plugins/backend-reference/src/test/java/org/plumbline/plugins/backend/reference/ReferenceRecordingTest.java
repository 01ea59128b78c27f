package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.RecordingContract;

class ReferenceRecordingTest extends RecordingContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
