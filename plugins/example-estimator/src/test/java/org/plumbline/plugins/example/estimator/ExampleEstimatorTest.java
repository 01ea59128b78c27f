package org.plumbline.plugins.example.estimator;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.example.estimator.ExampleEstimator.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class ExampleEstimatorTest {
    @Nested
    class WithBaseline extends Contract {
        WithBaseline() {
            super(new Configuration(true));
        }
    }

    @Nested
    @Tag("long")
    class WithoutBaseline extends Contract {
        WithoutBaseline() {
            super(new Configuration(false));
        }

        /** The variance is much larger without. */
        @Override
        protected int replicas() {
            return 16_000;
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
            return new ExampleEstimator(configuration);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }
}
