package org.plumbline.plugins.estimator.spsa;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.spsa.SimultaneousPerturbation.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.toolkit.perturbation.RandomDirections.Law;
import org.plumbline.toolkit.perturbation.ZerothOrder.Difference;
import org.plumbline.toolkit.perturbation.ZerothOrder.Sharing;

class SimultaneousPerturbationTest {
    private static final int DIRECTIONS = 4;

    @Nested
    class Gaussian extends Contract {
        Gaussian() {
            super(new Configuration(DIRECTIONS, 1e-3, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN, 1));
        }
    }

    @Nested
    @Tag("long")
    class Rademacher extends Contract {
        Rademacher() {
            super(new Configuration(DIRECTIONS, 1e-3, Difference.ANTITHETIC, Sharing.BATCH, Law.RADEMACHER, 1));
        }
    }

    @Nested
    @Tag("long")
    class OfRankOne extends Contract {
        OfRankOne() {
            super(new Configuration(DIRECTIONS, 1e-3, Difference.ANTITHETIC, Sharing.BATCH, Law.LOW_RANK, 1));
        }
    }

    @Nested
    @Tag("long")
    class PerSample extends Contract {
        PerSample() {
            super(new Configuration(DIRECTIONS, 1e-3, Difference.ANTITHETIC, Sharing.SAMPLE, Law.GAUSSIAN, 1));
        }

        @Override
        protected int replicas() {
            return 200;
        }
    }

    /** A step so large that its bias shows. */
    @Nested
    @Tag("long")
    class WithALargeStep extends Contract {
        WithALargeStep() {
            super(new Configuration(DIRECTIONS, 0.5, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN, 1));
        }
    }

    /**
     * What is common to the samples of a batch cancels with a shared direction, so that this is a forward difference; not so
     * where every sample has initial noise of its own to train, which needs steps that are not tiny. With these the gradient
     * is that of smoothed rewards, and not declared unbiased; the difference is below what shows.
     */
    @Nested
    @Tag("long")
    class OneSided extends Contract {
        OneSided() {
            super(new Configuration(DIRECTIONS, 0.1, Difference.ONE_SIDED, Sharing.BATCH, Law.GAUSSIAN, 1));
        }

        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() * (1L + DIRECTIONS), 0, 1 + DIRECTIONS);
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
            return new SimultaneousPerturbation(configuration);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() * (1 + 2L * DIRECTIONS), 0, 1 + 2L * DIRECTIONS);
        }
    }
}
