package org.plumbline.plugins.estimator.flowbp;

import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.flowbp.FlowBackPropagation.Variant;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class FlowBackPropagationTest {
    @Nested
    class Sparse extends Contract {
        Sparse() {
            super(Variant.SPARSE, 3);
        }
    }

    @Nested
    class Bridge extends Contract {
        Bridge() {
            super(Variant.BRIDGE, 3);
        }
    }

    /** With one differentiated support point in each leap, so that the work is always the same. */
    @Nested
    class Lagrange extends Contract {
        Lagrange() {
            super(Variant.LAGRANGE, 2);
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Variant variant;
        private final int differentiated;

        Contract(Variant variant, int differentiated) {
            this.variant = variant;
            this.differentiated = differentiated;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return Configurations.flowBp(
                    variant,
                    new SparseSurrogate(3, 1, 0.5),
                    new BridgeSurrogate(3, 1, 0.5, 0.5),
                    new LagrangeSurrogate(3, 1, 0.25, 0, 0.3, 0.2));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + differentiated, differentiated, 1);
        }

        @Override
        protected int replicas() {
            return 200;
        }
    }
}
