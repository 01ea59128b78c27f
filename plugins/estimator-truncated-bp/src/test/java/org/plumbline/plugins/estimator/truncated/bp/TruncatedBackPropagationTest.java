package org.plumbline.plugins.estimator.truncated.bp;

import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Configuration;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Cutoff;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class TruncatedBackPropagationTest {
    @Nested
    class Full extends Contract {
        Full() {
            super(new Configuration(Cutoff.FULL, 1, 2));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }

    @Nested
    class LastTwo extends Contract {
        LastTwo() {
            super(new Configuration(Cutoff.FIXED, 2, 2));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2, 2, 1);
        }
    }

    @Nested
    class AsManyAsThereAre extends Contract {
        AsManyAsThereAre() {
            super(new Configuration(Cutoff.FIXED, 5, 2));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 5, 5, 1);
        }

        /** It does not promise what it keeps by accident on samplers of five calls. */
        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Configuration configuration;

        Contract(Configuration configuration) {
            this.configuration = configuration;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new TruncatedBackPropagation(configuration);
        }

        @Override
        protected int replicas() {
            return 300;
        }
    }
}
