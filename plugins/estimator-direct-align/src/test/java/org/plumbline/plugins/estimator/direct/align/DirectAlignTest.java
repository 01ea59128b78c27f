package org.plumbline.plugins.estimator.direct.align;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.direct.align.DirectAlign.Configuration;
import org.plumbline.plugins.estimator.direct.align.DirectAlign.Noise;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.toolkit.reward.RewardShaping;

class DirectAlignTest {
    @Nested
    class BothBranches extends Contract {
        BothBranches() {
            super(Noise.INITIAL, true);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 4, 2, 1 + 2);
        }
    }

    @Nested
    class DenoisingWithFreshNoise extends Contract {
        DenoisingWithFreshNoise() {
            super(Noise.FRESH, false);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2, 1, 1 + 1);
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Configuration configuration;

        Contract(Noise noise, boolean inversion) {
            configuration = new Configuration(
                    0.2,
                    0.6,
                    0.5,
                    noise,
                    inversion,
                    List.of(),
                    List.of(),
                    List.of(0.1, 0.25),
                    List.of(0.3, 0.01),
                    RewardShaping.none());
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new DirectAlign(configuration);
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
}
