package org.plumbline.plugins.estimator.adjoint.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.matching.AdjointMatching.Configuration;
import org.plumbline.plugins.estimator.adjoint.matching.AdjointMatching.Side;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.testkit.estimator.TenStepToy;

class AdjointMatchingTest {
    @Nested
    class AllSteps extends Contract {
        AllSteps() {
            super(null, Side.AFTER_STEP);
        }

        /** Nothing is regressed below the first call, so its adjoint is not needed. */
        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int calls = program.size();
            return new ExpectedWork(4L * calls - 1, 2L * calls - 1, 1);
        }

        /** At the pre-trained model the estimate is the gradient of E[R]. */
        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }
    }

    @Nested
    class AsPublished extends Contract {
        AsPublished() {
            super(null, Side.BEFORE_STEP);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(4L * program.size(), 2L * program.size(), 1);
        }
    }

    @Test
    void noise_that_is_not_memoryless_is_refused() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 2)) {
            AdjointMatching matching = new AdjointMatching(new Configuration(1, null, Side.AFTER_STEP, false));
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> matching.check(bench.profile(TenStepToy.program())));
            assertEquals(StandardError.INCOMPATIBLE, refusal.code());
            assertTrue(refusal.getMessage().contains("eta to 1"), refusal.getMessage());
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final @Nullable Integer steps;
        private final Side side;

        Contract(@Nullable Integer steps, Side side) {
            this.steps = steps;
            this.side = side;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new AdjointMatching(new Configuration(1, steps, side, true));
        }

        @Override
        protected int replicas() {
            return 60;
        }
    }
}
