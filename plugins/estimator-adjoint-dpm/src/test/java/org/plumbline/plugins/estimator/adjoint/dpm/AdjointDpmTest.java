package org.plumbline.plugins.estimator.adjoint.dpm;

import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;

class AdjointDpmTest {
    @Nested
    class RecordedHeun extends Contract {
        RecordedHeun() {
            super(Method.HEUN, true, false);
        }
    }

    @Nested
    class BacksolvedEuler extends Contract {
        BacksolvedEuler() {
            super(Method.EULER, false, false);
        }
    }

    @Nested
    class ExactRungeKutta extends Contract {
        ExactRungeKutta() {
            super(Method.RK4, true, true);
        }
    }

    /** Three Runge-Kutta steps' worth of calls: one start of four, then one call for each step. */
    @Nested
    class RecordedAdamsBashforth extends Contract {
        RecordedAdamsBashforth() {
            super(Method.ADAMS_BASHFORTH, true, false);
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Configuration configuration;

        Contract(Method method, boolean recorded, boolean exact) {
            configuration = new Configuration(
                    method, 3, null, null, Grid.TIME_UNIFORM, FlowDomain.NOISE, recorded, exact, Compatibility.PAPER);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new AdjointDpm(configuration);
        }

        /** s N calls forwards and again with the adjoint. */
        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }

        @Override
        protected int replicas() {
            return 60;
        }
    }
}
