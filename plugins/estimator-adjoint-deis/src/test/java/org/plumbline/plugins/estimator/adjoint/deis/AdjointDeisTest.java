package org.plumbline.plugins.estimator.adjoint.deis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.deis.AdjointDeis.Configuration;
import org.plumbline.plugins.estimator.adjoint.deis.AdjointDeis.Equation;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.testkit.estimator.TenStepToy;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;

class AdjointDeisTest {
    @Nested
    class SecondOrderFlow extends Contract {
        SecondOrderFlow() {
            super(Equation.ODE, 2, 5);
        }
    }

    @Nested
    class FirstOrderWithNoiseInFewerSteps extends Contract {
        FirstOrderWithNoiseInFewerSteps() {
            super(Equation.SDE, 1, 2);
        }
    }

    @Test
    void more_steps_back_than_there_are_states_are_refused() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 2)) {
            AdjointDeis deis = new AdjointDeis(new Configuration(Equation.SDE, 1, 5, 6, Grid.LOG_SNR));
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> Compatibility.check("deis", deis, bench.profile(TenStepToy.program())));
            assertEquals(StandardError.BAD_VALUE, refusal.code());
            assertTrue(refusal.getMessage().contains("1 to 5"), refusal.getMessage());
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Equation equation;
        private final int order;
        private final int back;

        Contract(Equation equation, int order, int back) {
            this.equation = equation;
            this.order = order;
            this.back = back;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new AdjointDeis(new Configuration(equation, order, null, back, Grid.TIME_UNIFORM));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + (long) back, back, 1);
        }

        @Override
        protected int replicas() {
            return equation == Equation.SDE ? 300 : 100;
        }
    }
}
