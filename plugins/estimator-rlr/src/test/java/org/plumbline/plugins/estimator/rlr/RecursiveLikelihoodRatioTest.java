package org.plumbline.plugins.estimator.rlr;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Baseline;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Configuration;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Mode;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class RecursiveLikelihoodRatioTest {
    private static final int DIRECTIONS = 3;

    @Nested
    class TiledByOneWithoutBaseline extends Tiled {
        TiledByOneWithoutBaseline() {
            super(1, Baseline.NONE);
        }
    }

    @Nested
    class TiledByTwo extends Tiled {
        TiledByTwo() {
            super(2, Baseline.LEAVE_ONE_OUT);
        }
    }

    /** The tile next to the noise is shorter. */
    @Nested
    @Tag("long")
    class TiledByThree extends Tiled {
        TiledByThree() {
            super(3, Baseline.LEAVE_ONE_OUT);
        }
    }

    @Nested
    @Tag("long")
    class ExactByOne extends Exact {
        ExactByOne() {
            super(1);
        }
    }

    @Nested
    class ExactByTwo extends Exact {
        ExactByTwo() {
            super(2);
        }
    }

    /** The sub-chain is all that the first-order part leaves, so that nothing is left for the zeroth order. */
    @Nested
    class ExactWithoutRest extends Exact {
        ExactWithoutRest() {
            super(4);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }

    abstract static class Tiled extends Contract {
        Tiled(int h, Baseline baseline) {
            super(new Configuration(Mode.TILED_HO, h, baseline, 1, 1e-3, null, null));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }

    abstract static class Exact extends Contract {
        private final int h;

        Exact(int h) {
            super(new Configuration(Mode.EXACT, h, Baseline.LEAVE_ONE_OUT, DIRECTIONS, 1e-3, null, null));
            this.h = h;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int forward = program.size() * (1 + 2 * DIRECTIONS) + 1 + h;
            return new ExpectedWork(forward, 1 + h, 1 + 2 * DIRECTIONS);
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
            return new RecursiveLikelihoodRatio(configuration);
        }
    }
}
