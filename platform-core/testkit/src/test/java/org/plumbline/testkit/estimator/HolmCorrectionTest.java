package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.plumbline.toolkit.statistics.VectorMoments;

class HolmCorrectionTest {
    /** Quantiles of the normal distribution from tables. */
    @Test
    void tail_probabilities_are_the_tabulated_ones() {
        assertEquals(1, HolmCorrection.twoSided(0));
        assertEquals(0.3173105079, HolmCorrection.twoSided(1), 1e-9);
        assertEquals(0.05, HolmCorrection.twoSided(1.959963984540054), 1e-12);
        assertEquals(0.002699796063, HolmCorrection.twoSided(3 - 1e-13), 1e-11);
        assertEquals(0.002699796063, HolmCorrection.twoSided(3), 1e-11);
        assertEquals(5.733031438e-7, HolmCorrection.twoSided(5), 1e-15);
        assertEquals(1.523970604832e-23, HolmCorrection.twoSided(10), 1e-31);
    }

    /** Two replicas of m - e and m + e have mean m and standard error e. */
    private static VectorMoments moments(double... scores) {
        VectorMoments moments = new VectorMoments(scores.length);
        double[] low = scores.clone();
        double[] high = scores.clone();
        for (int i = 0; i < scores.length; i++) {
            low[i] -= 1;
            high[i] += 1;
        }
        moments.add(low);
        moments.add(high);
        return moments;
    }

    /** Probabilities 0.01, 0.02, 0.03 at level 0.05: 0.01 <= 0.05 / 3, then 0.02 <= 0.05 / 2, then 0.03 <= 0.05. */
    @Test
    void components_are_rejected_one_after_the_other() {
        HolmCorrection holm = HolmCorrection.of(moments(2.170090, 2.575829, -2.326348), 0.05);
        assertEquals(3, holm.rejected());
        assertEquals(1, holm.worst());
        assertEquals(2.575829, holm.z(), 1e-9);

        // 0.03 alone is too large for the first step, so nothing is rejected.
        assertEquals(0, HolmCorrection.of(moments(2.170090, 0, 0), 0.05).rejected());
        // 0.01, then 0.03 is compared with 0.05 / 2.
        assertEquals(1, HolmCorrection.of(moments(2.575829, 0, 2.170090), 0.05).rejected());
    }

    @Test
    void a_deviation_without_scatter_is_certain_and_rounding_is_none() {
        VectorMoments moments = new VectorMoments(2);
        moments.add(new double[] {0.5, 1e-14});
        moments.add(new double[] {0.5, 1e-14});
        HolmCorrection holm = HolmCorrection.of(moments, 1e-3);
        assertEquals(1, holm.rejected());
        assertEquals(0, holm.worst());
    }
}
