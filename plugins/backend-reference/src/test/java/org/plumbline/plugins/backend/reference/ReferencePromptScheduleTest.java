package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.estimator.PromptScheduleContract;

class ReferencePromptScheduleTest extends PromptScheduleContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }
}
