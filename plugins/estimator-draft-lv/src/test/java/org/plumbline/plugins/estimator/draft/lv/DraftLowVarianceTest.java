package org.plumbline.plugins.estimator.draft.lv;

import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.draft.lv.DraftLowVariance.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class DraftLowVarianceTest extends GradientEstimatorContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected GradientEstimator estimator() {
        return new DraftLowVariance(new Configuration(2));
    }

    @Override
    protected ExpectedWork work(SamplerProgram program) {
        return new ExpectedWork(program.size() + 1 + 2 * 2, 1 + 2, 1 + 2);
    }

    @Override
    protected int replicas() {
        return 200;
    }
}
