package org.plumbline.plugins.sampler.dpm.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.ConfiguredSamplerContract;
import org.plumbline.testkit.sampler.ConvergenceOrder;
import org.plumbline.toolkit.schedule.FlowSchedule;

class DpmSolverContractTest {
    @Nested
    class SecondOrder extends Contract {
        SecondOrder() {
            super(Configured.dpmSolver(), PredictionType.EPSILON, Map.of());
        }
    }

    @Nested
    class ThirdOrderOfNoise extends Contract {
        ThirdOrderOfNoise() {
            super(
                    Configured.dpmSolver(),
                    PredictionType.V_PREDICTION,
                    Map.of(
                            "solver_order",
                            3,
                            "algorithm_type",
                            "dpmsolver",
                            "final_sigmas_type",
                            "sigma_min",
                            "lower_order_final",
                            false));
        }
    }

    @Nested
    class Stochastic extends Contract {
        Stochastic() {
            super(
                    Configured.dpmSolver(),
                    PredictionType.EPSILON,
                    Map.of("algorithm_type", "sde-dpmsolver++", "solver_type", "heun"));
        }
    }

    @Nested
    class StochasticOfNoiseThresholded extends Contract {
        StochasticOfNoiseThresholded() {
            super(
                    Configured.dpmSolver(),
                    PredictionType.SAMPLE,
                    Map.of(
                            "algorithm_type",
                            "sde-dpmsolver",
                            "final_sigmas_type",
                            "sigma_min",
                            "thresholding",
                            true,
                            "dynamic_thresholding_ratio",
                            0.8,
                            "sample_max_value",
                            5.0));
        }
    }

    @Nested
    class SinglestepStochastic extends Contract {
        SinglestepStochastic() {
            super(
                    Configured.singlestep(),
                    PredictionType.EPSILON,
                    Map.of(
                            "solver_order",
                            3,
                            "algorithm_type",
                            "sde-dpmsolver++",
                            "solver_type",
                            "heun",
                            "final_sigmas_type",
                            "sigma_min"));
        }
    }

    @Nested
    class UniPc extends Contract {
        UniPc() {
            super(Configured.unipc(), PredictionType.EPSILON, Map.of("solver_order", 3));
        }
    }

    @Nested
    class UniPcOfNoise extends Contract {
        UniPcOfNoise() {
            super(
                    Configured.unipc(),
                    PredictionType.EPSILON,
                    Map.of("predict_x0", false, "solver_type", "bh1", "final_sigmas_type", "sigma_min"));
        }
    }

    @Nested
    class UniPcOfFlow extends Contract {
        UniPcOfFlow() {
            super(
                    Configured.unipc(),
                    PredictionType.FLOW,
                    Map.of("use_flow_sigmas", true, "flow_shift", 3.0, "prediction_type", "flow_prediction"));
        }

        @Override
        protected NoiseSchedule schedule() {
            return new FlowSchedule(1000);
        }
    }

    @Nested
    class Deis extends Contract {
        Deis() {
            super(Configured.deis(), PredictionType.SAMPLE, Map.of("solver_order", 3, "lower_order_final", false));
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

    private static final Map<String, Object> EVEN =
            Map.of("use_exponential_sigmas", true, "final_sigmas_type", "sigma_min", "lower_order_final", false);

    @Test
    void orders_are_those_of_the_methods() {
        for (int order = 1; order <= 3; order++) {
            for (String algorithm : new String[] {"dpmsolver", "dpmsolver++"}) {
                for (String type : new String[] {"midpoint", "heun"}) {
                    Map<String, Object> settings = Map.of("algorithm_type", algorithm, "solver_type", type);
                    // The sampler's description says why the third order is not one.
                    assertOrder(Math.min(order, 2), order, Configured.dpmSolver(), settings);
                    assertOrder(order, order, Configured.singlestep(), settings);
                }
            }
            assertOrder(order, order, Configured.deis(), Map.of());
            for (String type : new String[] {"bh1", "bh2"}) {
                // The corrector raises the order of what it corrects.
                assertOrder(order + 1, order, Configured.unipc(), Map.of("solver_type", type));
                assertOrder(order + 1, order, Configured.unipc(), Map.of("solver_type", type, "predict_x0", false));
            }
        }
    }

    private static void assertOrder(int expected, int order, Sampler sampler, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(EVEN);
        settings.putAll(more);
        settings.put("solver_order", order);
        double found = ConvergenceOrder.of(sampler, settings, 120);
        assertTrue(found > expected - 0.25, () -> sampler + " with " + settings + ": order " + found);
    }

    @Test
    void a_level_that_is_repeated_changes_nothing() {
        for (String type : new String[] {"midpoint", "heun"}) {
            Map<String, Object> settings = Map.of(
                    "use_karras_sigmas",
                    true,
                    "final_sigmas_type",
                    "sigma_min",
                    "solver_order",
                    3,
                    "solver_type",
                    type,
                    "lower_order_final",
                    false);
            assertTrue(Double.isFinite(ConvergenceOrder.error(Configured.dpmSolver(), settings, 20)));
        }
    }

    @Test
    void impossible_options_are_refused_by_name() {
        Sampler multistep = Configured.dpmSolver();
        assertRefused("final_sigmas_type", multistep, Map.of("algorithm_type", "dpmsolver"));
        assertRefused(
                "solver_order",
                multistep,
                Map.of("algorithm_type", "sde-dpmsolver", "solver_order", 3, "final_sigmas_type", "sigma_min"));
        assertRefused("solver_order", multistep, Map.of("solver_order", 4));
        assertRefused("algorithm_type", multistep, Map.of("algorithm_type", "dpmsolver+++"));
        assertRefused("variance_type", multistep, Map.of("variance_type", "learned_range"));
        assertRefused("use_dynamic_shifting", multistep, Map.of("use_dynamic_shifting", true));
        assertRefused("algorithm_type", Configured.singlestep(), Map.of("algorithm_type", "sde-dpmsolver"));
        assertRefused("lower_order_final", Configured.unipc(), Map.of("lower_order_final", false));
        assertRefused("final_sigmas_type", Configured.unipc(), Map.of("predict_x0", false));
        assertRefused("solver_p", Configured.unipc(), Map.of("solver_p", Map.of("_class_name", "DDIMScheduler")));
    }

    private static void assertRefused(String option, Sampler sampler, Map<String, Object> settings) {
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> ConvergenceOrder.error(sampler, settings, 10));
        assertEquals(StandardError.UNSUPPORTED, refusal.code(), refusal::getMessage);
        assertTrue(String.valueOf(refusal.getMessage()).contains(option), refusal::getMessage);
    }

    /** Names that other solvers use for their forms come with the settings of a model that was saved with those. */
    @Test
    void names_of_other_solvers_mean_the_usual_form() {
        Map<String, Object> foreign = Map.of("solver_type", "logrho", "algorithm_type", "deis");
        assertEquals(
                ConvergenceOrder.error(Configured.dpmSolver(), Map.of(), 10),
                ConvergenceOrder.error(Configured.dpmSolver(), foreign, 10));
    }
}
