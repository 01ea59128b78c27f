package org.plumbline.plugins.estimator.drtune;

import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.drtune.DeepRewardTuning.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.toolkit.reward.RewardShaping;

/** Stopped at the last step, so that the work is always the same. */
class DeepRewardTuningTest extends GradientEstimatorContract {
    @Override
    protected ComputeBackend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected GradientEstimator estimator() {
        return new DeepRewardTuning(new Configuration(2, 0, RewardShaping.none()));
    }

    @Override
    protected ExpectedWork work(SamplerProgram program) {
        return new ExpectedWork(program.size() + 2, 2, 1);
    }

    @Override
    protected boolean judgesPredictions() {
        return true;
    }

    @Override
    protected int replicas() {
        return 200;
    }
}
