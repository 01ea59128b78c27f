package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.commons.statistics.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;

class SpecialFunctionsTest {
    @Test
    void tanh_agrees_with_the_jdk_to_the_last_places() {
        for (double x = -25; x <= 25; x += 1e-3 / 3) {
            double expected = Math.tanh(x);
            assertEquals(expected, HyperbolicTangent.of(x), 3 * Math.ulp(expected));
        }
        for (double x = 1; x > 1e-300; x /= 3) {
            assertEquals(Math.tanh(x), HyperbolicTangent.of(x), 2 * Math.ulp(x));
            assertEquals(-HyperbolicTangent.of(x), HyperbolicTangent.of(-x));
        }
        assertEquals(1, HyperbolicTangent.of(Double.POSITIVE_INFINITY));
        assertEquals(-1, HyperbolicTangent.of(Double.NEGATIVE_INFINITY));
        assertTrue(Double.isNaN(HyperbolicTangent.of(Double.NaN)));
    }

    @Test
    void the_normal_distribution_agrees_with_an_independent_one_far_into_the_tails() {
        NormalDistribution expected = NormalDistribution.of(0, 1);
        for (double x = -37; x <= 9; x += 0.01) {
            double probability = expected.cumulativeProbability(x);
            assertEquals(
                    probability,
                    org.plumbline.plugins.backend.reference.NormalDistribution.cumulative(x),
                    5e-13 * probability,
                    "at " + x);
            assertEquals(
                    expected.density(x),
                    org.plumbline.plugins.backend.reference.NormalDistribution.density(x),
                    5e-13 * expected.density(x));
        }
    }
}
