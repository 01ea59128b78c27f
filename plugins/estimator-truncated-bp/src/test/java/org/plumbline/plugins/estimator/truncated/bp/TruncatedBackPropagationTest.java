package org.plumbline.plugins.estimator.truncated.bp;

import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Configuration;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Cutoff;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.CutoffDraw;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Stopping;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class TruncatedBackPropagationTest {
    @Nested
    class Full extends Contract {
        Full() {
            super(configured(Cutoff.FULL, 1, Stopping.STATE));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }

    @Nested
    class LastTwo extends Contract {
        LastTwo() {
            super(configured(Cutoff.FIXED, 2, Stopping.STATE));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2, 2, 1);
        }
    }

    /** Unlike the other rule it can train the initial noise, by the linear path. */
    @Nested
    class LastTwoWithThePredictionsOfTheOthersHeld extends Contract {
        LastTwoWithThePredictionsOfTheOthersHeld() {
            super(configured(Cutoff.FIXED, 2, Stopping.PREDICTION));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2, 2, 1);
        }
    }

    @Nested
    class AsManyAsThereAre extends Contract {
        AsManyAsThereAre() {
            super(configured(Cutoff.FIXED, 5, Stopping.STATE));
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

    private static Configuration configured(Cutoff cutoff, int steps, Stopping stopping) {
        return new Configuration(cutoff, steps, 2, CutoffDraw.PER_UPDATE, stopping);
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
            return 200;
        }
    }
}
