package org.plumbline.kernel.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.toolkit.noise.NoiseStream;

class BiasEstimateTest {
    private static final int EXPERIMENTS = 4000;
    private static final int REPLICAS = 40;

    /** A normal deviate passes 2 in 2.3 % of all cases and 3 in 0.13 %, however few directions the noise has. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 30})
    void without_bias_z_passes_its_limit_as_rarely_as_a_normal_deviate(int directions) {
        int beyondTwo = 0;
        int beyondThree = 0;
        for (int i = 0; i < EXPERIMENTS; i++) {
            double z = estimate(directions, 0, i).z();
            beyondTwo += z > 2 ? 1 : 0;
            beyondThree += z > 3 ? 1 : 0;
        }
        double two = beyondTwo / (double) EXPERIMENTS;
        assertTrue(two > 0.008 && two < 0.045, "beyond 2: " + two);
        assertTrue(beyondThree < 0.006 * EXPERIMENTS, "beyond 3: " + beyondThree);
    }

    @Test
    void a_bias_at_its_detectable_length_is_seen_in_about_half_of_all_cases() {
        double detectable = 0;
        for (int i = 0; i < 200; i++) {
            detectable += estimate(3, 0, i).detectable() / 200;
        }
        int seen = 0;
        for (int i = 0; i < 1000; i++) {
            seen += estimate(3, detectable, 10_000 + i).seen() ? 1 : 0;
        }
        assertEquals(0.5, seen / 1000.0, 0.2);
    }

    private static BiasEstimate estimate(int directions, double bias, long number) {
        NoiseStream random = NoiseStream.of(17, "bias-estimate", number);
        List<double[]> differences = new ArrayList<>();
        for (int r = 0; r < REPLICAS; r++) {
            double[] difference = new double[directions + 1];
            for (int i = 0; i < directions; i++) {
                difference[i] = random.nextGaussian();
            }
            difference[0] += bias;
            differences.add(difference);
        }
        return BiasEstimate.of(Gram.of(differences, differences));
    }
}
