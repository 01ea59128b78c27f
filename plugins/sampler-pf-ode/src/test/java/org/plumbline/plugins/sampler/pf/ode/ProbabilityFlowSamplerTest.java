package org.plumbline.plugins.sampler.pf.ode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.sampler.ConfiguredSamplerContract;
import org.plumbline.testkit.sampler.ConvergenceOrder;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.schedule.FlowSchedule;

class ProbabilityFlowSamplerTest {
    @Nested
    class Heun extends Contract {
        Heun() {
            super(ButcherTableau.HEUN, null, PredictionType.EPSILON);
        }
    }

    @Nested
    class RungeKuttaOfSamples extends Contract {
        RungeKuttaOfSamples() {
            super(ButcherTableau.RK4, FlowDomain.DATA, PredictionType.V_PREDICTION);
        }
    }

    @Nested
    class MidpointOfFlow extends Contract {
        MidpointOfFlow() {
            super(ButcherTableau.MIDPOINT, null, PredictionType.FLOW);
        }

        @Override
        protected NoiseSchedule schedule() {
            return new FlowSchedule(1000);
        }
    }

    abstract static class Contract extends ConfiguredSamplerContract {
        Contract(ButcherTableau solver, @Nullable FlowDomain domain, PredictionType prediction) {
            super(configured(solver, ExponentialIntegrator.Grid.TIME_UNIFORM, domain), prediction, Map.of(), 3);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }
    }

    private static Sampler configured(
            ButcherTableau solver, ExponentialIntegrator.Grid grid, @Nullable FlowDomain domain) {
        return new ProbabilityFlowSampler(new ProbabilityFlowSampler.Configuration(solver, grid, domain));
    }

    @Test
    void orders_are_those_of_the_methods() {
        for (FlowDomain domain : FlowDomain.values()) {
            assertOrder(1, ButcherTableau.EULER, domain);
            assertOrder(2, ButcherTableau.MIDPOINT, domain);
            assertOrder(2, ButcherTableau.HEUN, domain);
            assertOrder(4, ButcherTableau.RK4, domain);
            assertOrder(4, ButcherTableau.THREE_EIGHTHS, domain);
        }
    }

    private static void assertOrder(int order, ButcherTableau solver, FlowDomain domain) {
        Sampler sampler = configured(solver, ExponentialIntegrator.Grid.LOG_SNR, domain);
        double found = ConvergenceOrder.of(sampler, Map.of(), 80);
        assertTrue(found > order - 0.3, () -> solver + " in " + domain + ": " + found);
    }

    @Test
    void euler_in_the_noise_domain_makes_one_call_per_step_and_ends_at_the_first_training_step() {
        NoiseSchedule flow = new FlowSchedule(1000);
        SamplerProgram program = configured(ButcherTableau.EULER, ExponentialIntegrator.Grid.TIME_UNIFORM, null)
                .program(new Sampler.Request(flow, PredictionType.FLOW, 7, Map.of()));
        assertEquals(7, program.size());
        assertEquals(1000, program.calls().get(0).at().label(), 1e-9);
        assertEquals(1e-3, program.output()[0], 1e-12, "x = sigma y");
    }

    @Test
    void the_noise_domain_is_refused_where_the_first_node_has_no_signal() {
        Sampler sampler = configured(ButcherTableau.EULER, ExponentialIntegrator.Grid.TIME_UNIFORM, FlowDomain.NOISE);
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> sampler.program(new Sampler.Request(new FlowSchedule(1000), PredictionType.FLOW, 7, Map.of())));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
    }
}
