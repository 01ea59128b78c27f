package org.plumbline.toolkit.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

class ModelSettingsTest {
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.LINEAR.betas(1000, 1e-4, 0.02, Precision.FLOAT64), Precision.FLOAT64);

    private static ModelSettings settings(Map<String, Object> values) {
        return ModelSettings.of(
                "it", new Sampler.Request(SCHEDULE, PredictionType.EPSILON, 10, values), Set.of("ItScheduler"));
    }

    @Test
    void the_users_choice_goes_before_the_models_and_that_before_the_default() {
        assertEquals(3, settings(Map.of()).integer("solver_order", 3));
        assertEquals(2, settings(Map.of("solver_order", 2)).integer("solver_order", 3));
        assertEquals(
                1, settings(Map.of("solver_order", 2)).with("solver_order", 1).integer("solver_order", 3));
        assertEquals(
                2,
                settings(Map.of("solver_order", 2)).with("solver_order", null).integer("solver_order", 3));
        assertEquals(
                TimestepSpacing.TRAILING,
                settings(Map.of("timestep_spacing", "leading"))
                        .with("timestep_spacing", TimestepSpacing.TRAILING)
                        .spacing(TimestepSpacing.LINSPACE));
        assertEquals(
                SigmaSpacing.TIMESTEPS,
                SigmaSpacing.of(settings(Map.of("use_karras_sigmas", true)).with(SigmaSpacing.TIMESTEPS)));
    }

    @Test
    void a_refusal_says_whether_the_value_is_the_users_or_the_models() {
        Map<String, Object> model = Map.of("algorithm_type", "odd");
        String ofTheModel = assertThrows(
                        PlumblineException.class, () -> settings(model).choice("algorithm_type", "a", "a", "b"))
                .getMessage();
        assertTrue(ofTheModel.contains("with the model's algorithm_type 'odd'"), ofTheModel);
        assertTrue(ofTheModel.contains("set algorithm-type in the sampler's section"), ofTheModel);
        String ofTheUser = assertThrows(
                        PlumblineException.class,
                        () -> settings(model).with("algorithm_type", "foo").choice("algorithm_type", "a", "a", "b"))
                .getMessage();
        assertTrue(ofTheUser.contains("with algorithm-type 'foo'"), ofTheUser);
        assertTrue(ofTheUser.contains("correct the value of algorithm-type"), ofTheUser);
    }

    @Test
    void infinities_are_read_as_python_writes_them() {
        assertEquals(Double.NEGATIVE_INFINITY, settings(Map.of("x", "-inf")).number("x", 0));
        assertEquals(
                Double.NEGATIVE_INFINITY,
                settings(Map.of("x", Double.NEGATIVE_INFINITY)).number("x", 0));
        assertNull(settings(Map.of()).optional("x"));
    }

    @Test
    void values_of_the_wrong_kind_are_refused_with_their_key() {
        assertRefused(
                StandardError.BAD_VALUE, "x", () -> settings(Map.of("x", "yes")).flag("x", true));
        assertRefused(
                StandardError.BAD_VALUE, "x", () -> settings(Map.of("x", "one")).integer("x", 1));
        assertRefused(
                StandardError.BAD_VALUE,
                "x",
                () -> settings(Map.of("x", List.of("1"))).numbers("x"));
        assertRefused(
                StandardError.UNSUPPORTED,
                "third",
                () -> settings(Map.of("x", "third")).choice("x", "a", "a", "b"));
        assertRefused(
                StandardError.UNSUPPORTED,
                "x",
                () -> settings(Map.of("x", true)).lacks("x", false));
        settings(Map.of("x", 0.0)).lacks("x", 0);
        settings(Map.of()).lacks("x", false);
    }

    private static void assertRefused(StandardError code, String named, Executable call) {
        PlumblineException refusal = assertThrows(PlumblineException.class, call);
        assertEquals(code, refusal.code());
        assertTrue(String.valueOf(refusal.getMessage()).contains(named), refusal::getMessage);
    }

    @Test
    void thresholding_goes_before_clipping() {
        assertEquals(
                new DynamicThresholding(0.9, 2),
                settings(Map.of("thresholding", true, "dynamic_thresholding_ratio", 0.9, "sample_max_value", 2.0))
                        .thresholdingOrClipping(true));
        assertEquals(new Clipping(1), settings(Map.of()).thresholdingOrClipping(true));
        assertTrue(settings(Map.of()).thresholdingOrClipping(false).identity());
    }

    /** As torch clamps: the upper limit wins where it lies below the lower one. */
    @Test
    void a_largest_threshold_below_one_is_the_threshold() {
        assertArrayEquals(
                new double[] {1, -1, 0.5}, new DynamicThresholding(0.9, 0.5).apply(new double[] {3, -2, 0.25}, 1));
    }

    /** Numbers of scipy. */
    @Test
    void levels_run_from_the_largest_to_the_smallest() {
        assertArrayEquals(
                new double[] {10, 8.260764251338319, 5.05, 1.8392357486616804, 0.1},
                SigmaSpacing.BETA.levels(10, 0.1, 5),
                1e-9);
        assertArrayEquals(new double[] {100, 10, 1}, SigmaSpacing.EXPONENTIAL.levels(100, 1, 3), 1e-12);
        assertArrayEquals(new double[] {128, Math.pow(1.5, 7), 1}, SigmaSpacing.KARRAS.levels(128, 1, 3), 1e-10);
    }

    @Test
    void the_table_of_noise_levels_is_inverted_between_training_steps() {
        SigmaTable table = new SigmaTable(SCHEDULE);
        for (double t : new double[] {0, 1, 499.25, 998.9, 999}) {
            double between = Math.exp(Math.log(table.at(Math.floor(t)))
                    + (t - Math.floor(t)) * Math.log(table.at(Math.ceil(t)) / table.at(Math.floor(t))));
            assertEquals(t, table.timestep(between), 2e-3);
        }
        assertEquals(0, table.timestep(1e-12));
        assertEquals(999, table.timestep(1e12));
        assertEquals(1000, table.countFrom(Double.NEGATIVE_INFINITY));
    }

    @Test
    void integrals_of_polynomials_through_slopes_are_exact() {
        double[] nodes = {0.7, 1.1, 2.0};
        double[] position = PolynomialIntegrals.overPosition(nodes, 0.2);
        double[] logarithm = PolynomialIntegrals.overLogarithm(nodes, 0.2);
        double squares = 0;
        double logarithms = 0;
        for (int j = 0; j < nodes.length; j++) {
            squares += position[j] * nodes[j] * nodes[j];
            logarithms += logarithm[j] * Math.log(nodes[j]);
        }
        assertEquals((Math.pow(0.2, 3) - Math.pow(0.7, 3)) / 3, squares, 1e-12);
        assertEquals(0.2 * (Math.log(0.2) - 1) - 0.7 * (Math.log(0.7) - 1), logarithms, 1e-12);
    }
}
