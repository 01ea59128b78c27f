package org.plumbline.kernel.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GuidanceRescaleTest {
    private static final int ROWS = 3;
    private static final int SIZE = 7;

    private final Random random = new Random(5);
    private final double[] unconditional = drawn();
    private final double[] conditional = drawn();

    private double[] drawn() {
        return random.doubles(ROWS * SIZE, -1, 2).toArray();
    }

    private static double deviation(double[] values, int row) {
        double[] own = Arrays.copyOfRange(values, row * SIZE, (row + 1) * SIZE);
        double mean = Arrays.stream(own).average().orElseThrow();
        return Math.sqrt(Arrays.stream(own).map(v -> (v - mean) * (v - mean)).sum() / SIZE);
    }

    @Test
    void fully_rescaled_every_row_has_the_deviation_of_its_conditional_prediction() {
        double[] rescaled = new GuidanceRescale(new Guidance(6, 1, "")).apply(unconditional, conditional, ROWS);
        for (int row = 0; row < ROWS; row++) {
            assertEquals(deviation(conditional, row), deviation(rescaled, row), 1e-12);
        }
    }

    @Test
    void half_rescaled_is_the_mean_of_both() {
        double[] plain = new GuidanceRescale(new Guidance(6, 0, "")).apply(unconditional, conditional, ROWS);
        double[] full = new GuidanceRescale(new Guidance(6, 1, "")).apply(unconditional, conditional, ROWS);
        double[] half = new GuidanceRescale(new Guidance(6, 0.5, "")).apply(unconditional, conditional, ROWS);
        for (int i = 0; i < half.length; i++) {
            assertEquals((plain[i] + full[i]) / 2, half[i], 1e-12);
        }
    }

    @Test
    void the_transpose_is_that_of_finite_differences() {
        GuidanceRescale rescale = new GuidanceRescale(new Guidance(2.5, 0.7, ""));
        double[] cotangent = drawn();
        double[] found = rescale.pullBack(unconditional, conditional, cotangent, ROWS);
        double[] expected = new double[found.length];
        double step = 1e-6;
        for (int i = 0; i < found.length; i++) {
            double[] side = i < unconditional.length ? unconditional : conditional;
            int at = i % unconditional.length;
            double was = side[at];
            side[at] = was + step;
            double above = dot(rescale.apply(unconditional, conditional, ROWS), cotangent);
            side[at] = was - step;
            double below = dot(rescale.apply(unconditional, conditional, ROWS), cotangent);
            side[at] = was;
            expected[i] = (above - below) / (2 * step);
        }
        assertArrayEquals(expected, found, 1e-8);
    }

    @Test
    void a_prediction_that_does_not_vary_stays_as_it_is() {
        double[] flat = {2, 2, 2};
        GuidanceRescale rescale = new GuidanceRescale(new Guidance(3, 0.7, ""));
        assertArrayEquals(flat, rescale.apply(flat, flat, 1));
        assertArrayEquals(
                new double[] {-2, 0, 2, 3, 0, -3}, rescale.pullBack(flat, flat, new double[] {1, 0, -1}, 1), 1e-15);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
