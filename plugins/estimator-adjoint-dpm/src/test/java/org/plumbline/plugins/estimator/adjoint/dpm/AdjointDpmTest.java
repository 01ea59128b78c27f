package org.plumbline.plugins.estimator.adjoint.dpm;

import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.BiasOrder;
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

        @Override
        protected Optional<BiasOrder> biasOrder() {
            return Optional.of(order(Method.HEUN, 2, true));
        }
    }

    @Nested
    class BacksolvedEuler extends Contract {
        BacksolvedEuler() {
            super(Method.EULER, false, false);
        }

        @Override
        protected Optional<BiasOrder> biasOrder() {
            return Optional.of(order(Method.EULER, 1, false));
        }
    }

    @Nested
    class ExactRungeKutta extends Contract {
        ExactRungeKutta() {
            super(Method.RK4, true, true);
        }
    }

    /** The error of the adjoint equation's solution against the transposed solver, at 16, 32 and 64 steps. */
    private static BiasOrder order(Method method, int order, boolean recorded) {
        BiasOrder claim = BiasOrder.of("step", order).replicas(4);
        for (int steps : new int[] {16, 32, 64}) {
            Configuration configuration = new Configuration(
                    method, 3, steps, null, Grid.LOG_SNR, FlowDomain.NOISE, recorded, false, Compatibility.PAPER);
            claim = claim.level(1.0 / steps, steps, new AdjointDpm(configuration));
        }
        return claim;
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
