package org.plumbline.plugins.sampler.k.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.sampler.ConfiguredSamplerContract;
import org.plumbline.testkit.sampler.ConvergenceOrder;
import org.plumbline.toolkit.schedule.FlowSchedule;

class KDiffusionContractTest {
    private static final Map<String, Object> EVEN = Map.of("use_exponential_sigmas", true);

    @Nested
    class Euler extends Contract {
        Euler() {
            super(Configured.euler(Map.of()), PredictionType.V_PREDICTION, Map.of("use_karras_sigmas", true));
        }
    }

    @Nested
    class EulerWithChurn extends Contract {
        EulerWithChurn() {
            super(Configured.euler(Map.of("churn", 2)), PredictionType.EPSILON, Map.of());
        }

        /** As in diffusers; the sampler's description says why. */
        @Override
        protected boolean sameForAllPredictions() {
            return false;
        }
    }

    @Nested
    class EulerAncestral extends Contract {
        EulerAncestral() {
            super(Configured.eulerAncestral(), PredictionType.EPSILON, Map.of("timestep_spacing", "trailing"));
        }

        /** DDIM with eta 1 between the same noise levels, for x = y alpha. */
        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            int steps = request.steps();
            double t = Math.rint(1000 - call * 1000.0 / steps) - 1;
            double next = Math.rint(1000 - (call + 1) * 1000.0 / steps) - 1;
            double a = request.schedule().alphaBar((int) t);
            double b = next < 0 ? 1 : request.schedule().alphaBar((int) next);
            double s = Math.sqrt((1 - b) / (1 - a) * (1 - a / b));
            double eps = Math.sqrt(Math.max(0, 1 - b - s * s)) - Math.sqrt(b / a * (1 - a));
            TimePoint at = new TimePoint(t, Math.sqrt(a), Math.sqrt(1 - a));
            return new SamplerCall(
                    at,
                    Math.sqrt(a),
                    new double[] {1},
                    new double[][] {{1}},
                    new double[] {eps / Math.sqrt(b)},
                    new double[] {0},
                    s / Math.sqrt(b));
        }
    }

    @Nested
    class Heun extends Contract {
        Heun() {
            super(Configured.heun(), PredictionType.EPSILON, Map.of());
        }
    }

    @Nested
    class HeunClipped extends Contract {
        HeunClipped() {
            super(Configured.heun(), PredictionType.SAMPLE, Map.of("clip_sample", true, "clip_sample_range", 0.9));
        }
    }

    @Nested
    class Lms extends Contract {
        Lms() {
            super(Configured.lms(4), PredictionType.EPSILON, Map.of("use_beta_sigmas", true));
        }
    }

    @Nested
    class Dpm2Ancestral extends Contract {
        Dpm2Ancestral() {
            super(Configured.dpm2(Map.of("ancestral", true)), PredictionType.EPSILON, Map.of());
        }
    }

    abstract static class Contract extends ConfiguredSamplerContract {
        Contract(Sampler sampler, PredictionType prediction, Map<String, Object> settings) {
            super(sampler, prediction, settings, 5);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }
    }

    @Test
    void orders_are_those_of_the_methods() {
        assertOrder(1, Configured.euler(Map.of()));
        assertOrder(2, Configured.heun());
        assertOrder(2, Configured.dpm2(Map.of()));
        assertOrder(1, Configured.lms(1));
        assertOrder(2, Configured.lms(2));
        assertOrder(3, Configured.lms(3));
        assertOrder(4, Configured.lms(4));
    }

    private static void assertOrder(int order, Sampler sampler) {
        assertEquals(order, ConvergenceOrder.of(sampler, EVEN, 160), 0.25);
    }

    @Test
    void what_is_not_known_is_refused() {
        assertRefused(StandardError.UNSUPPORTED, Map.of("timestep_spacing", "quadratic"));
        assertRefused(StandardError.UNSUPPORTED, Map.of("interpolation_type", "cubic"));
        assertRefused(StandardError.UNSUPPORTED, Map.of("final_sigmas_type", "half"));
        assertRefused(StandardError.BAD_VALUE, Map.of("use_karras_sigmas", true, "use_beta_sigmas", true));
        assertRefused(StandardError.BAD_VALUE, Map.of("steps_offset", "one"));
    }

    private static void assertRefused(StandardError code, Map<String, Object> settings) {
        PlumblineException refusal = assertThrows(
                PlumblineException.class, () -> ConvergenceOrder.of(Configured.euler(Map.of()), settings, 10));
        assertEquals(code, refusal.code(), refusal::getMessage);
    }

    @Test
    void models_of_flow_matching_are_refused() {
        for (Sampler sampler : new Sampler[] {
            Configured.euler(Map.of()),
            Configured.eulerAncestral(),
            Configured.heun(),
            Configured.lms(4),
            Configured.dpm2(Map.of())
        }) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> sampler.program(
                            new Sampler.Request(new FlowSchedule(1000), PredictionType.FLOW, 10, Map.of())));
            assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal::getMessage);
        }
    }
}
