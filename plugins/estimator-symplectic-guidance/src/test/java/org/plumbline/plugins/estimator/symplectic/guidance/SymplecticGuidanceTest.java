package org.plumbline.plugins.estimator.symplectic.guidance;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.symplectic.guidance.SymplecticGuidance.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.FlowDomain;

class SymplecticGuidanceTest {
    @Nested
    class EulerOfTypeOne extends Contract {
        EulerOfTypeOne() {
            super(new Configuration(3, ButcherTableau.EULER, FlowDomain.NOISE, 0, 1, false));
        }
    }

    /** From the first call on, where the state does not depend on the weights. */
    @Nested
    class HeunOfTypeTwoFromTheStart extends Contract {
        HeunOfTypeTwoFromTheStart() {
            super(new Configuration(2, ButcherTableau.HEUN, FlowDomain.DATA, 0, 0.2, false));
        }
    }

    @Test
    void an_empty_range_is_refused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Configuration(3, ButcherTableau.EULER, FlowDomain.NOISE, 0.5, 0.5, false));
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
            return new SymplecticGuidance(configuration);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int steps = configuration.steps();
            int stages = configuration.method().stages();
            return new ExpectedWork(
                    program.size() + (long) steps * stages + (long) steps * (2 * stages - 1), (long) steps * stages, 2);
        }

        @Override
        protected boolean judgesPredictions() {
            return true;
        }

        @Override
        protected int replicas() {
            return 80;
        }
    }
}
