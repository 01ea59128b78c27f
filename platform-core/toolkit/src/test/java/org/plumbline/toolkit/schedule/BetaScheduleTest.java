package org.plumbline.toolkit.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class BetaScheduleTest {
    @Test
    void float32_schedules_are_those_of_diffusers() throws IOException {
        int compared = 0;
        for (String line : lines("alphas-cumprod.csv")) {
            String[] fields = line.split(",", -1);
            double[] betas = BetaSchedule.of(fields[0])
                    .betas(1000, Double.parseDouble(fields[1]), Double.parseDouble(fields[2]), Precision.FLOAT32);
            // One unit in the last place is 1.2e-7; rescaling divides neighbours by one another and multiplies them up
            // again.
            double tolerance = 4e-7;
            if (Boolean.parseBoolean(fields[3])) {
                tolerance = 4e-6;
                betas = BetaSchedule.rescaleToZeroTerminalSnr(betas, Precision.FLOAT32);
            }
            DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32);
            double[] expected = Arrays.stream(fields[4].split(" ", -1))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], schedule.alphaBar(37 * i), tolerance * expected[i], line + " step " + 37 * i);
                compared++;
            }
        }
        assertEquals(5 * 28, compared);
    }

    @Test
    void exponential_alpha_bar_has_equal_betas_but_for_the_cap() {
        double[] betas = BetaSchedule.EXP.betas(100, 0.1, 0.2, Precision.FLOAT64);
        for (double beta : betas) {
            assertEquals(1 - Math.exp(-0.12), beta, 1e-14);
        }
    }

    @Test
    void sigmoid_is_symmetric_about_the_middle_of_its_range() {
        double[] betas = BetaSchedule.SIGMOID.betas(11, 0.01, 0.03, Precision.FLOAT64);
        assertEquals(0.01 + 0.02 / (1 + Math.exp(6)), betas[0], 1e-15);
        assertEquals(0.02, betas[5], 1e-15);
        for (int n = 0; n < betas.length; n++) {
            assertEquals(0.04, betas[n] + betas[betas.length - 1 - n], 1e-15);
        }
    }

    @Test
    void rescaling_leaves_no_signal_at_the_end_and_keeps_the_first_step() {
        double[] betas = BetaSchedule.LINEAR.betas(1000, 1e-4, 0.02, Precision.FLOAT64);
        double[] before = DiscreteNoiseSchedule.cumulative(betas, Precision.FLOAT64);
        double[] after = DiscreteNoiseSchedule.cumulative(
                BetaSchedule.rescaleToZeroTerminalSnr(betas, Precision.FLOAT64), Precision.FLOAT64);
        assertEquals(before[0], after[0], 1e-15);
        assertEquals(0, after[999]);
        double stretch = Math.sqrt(before[0]) / (Math.sqrt(before[0]) - Math.sqrt(before[999]));
        assertEquals((Math.sqrt(before[500]) - Math.sqrt(before[999])) * stretch, Math.sqrt(after[500]), 1e-12);
    }

    @ParameterizedTest
    @EnumSource
    void every_family_is_found_by_its_key(BetaSchedule schedule) {
        assertEquals(schedule, BetaSchedule.of(schedule.key()));
    }

    @Test
    void an_unknown_family_is_refused_with_the_known_ones() {
        PlumblineException e = assertThrows(PlumblineException.class, () -> BetaSchedule.of("logistic"));
        assertEquals(StandardError.UNSUPPORTED, e.code());
        assertTrue(e.getMessage().contains("linear, scaled_linear, squaredcos_cap_v2"), e.getMessage());
    }

    @Test
    void betas_outside_their_range_are_refused() {
        for (double[] bad : new double[][] {{0, 0.1}, {0.2, 0.1}, {0.1, 1}, {Double.NaN, 0.1}}) {
            assertThrows(
                    PlumblineException.class,
                    () -> BetaSchedule.LINEAR.betas(10, bad[0], bad[1], Precision.FLOAT32),
                    Arrays.toString(bad));
        }
    }

    private static String[] lines(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(BetaScheduleTest.class.getResourceAsStream(resource))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toArray(String[]::new);
        }
    }
}
