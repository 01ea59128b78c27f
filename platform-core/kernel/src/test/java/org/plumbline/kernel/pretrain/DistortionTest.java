package org.plumbline.kernel.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DistortionTest {
    private static final int SIDE = 8;

    @Test
    void withoutAmountsTheImageStaysAsItIs() {
        double[] image = new SplittableRandom(1).doubles(2 * SIDE * SIDE).toArray();
        double[] same = new Distortion(0, 0, 0, 0, 0, 0).apply(image, 2, SIDE, SIDE, 0, new SplittableRandom(2));
        assertArrayEquals(image, same, 1e-12);
    }

    @Test
    void aShiftMovesTheImageAndFillsUpWithBackground() {
        double[] image = new double[SIDE * SIDE];
        image[3 * SIDE + 3] = 1;
        // The largest shift, 2 of 8 pixels in both directions: pixels come from there.
        double[] moved = new Distortion(0, 0, 0, 0, 0.25, 0).apply(image, 1, SIDE, SIDE, -1, new Always(1));
        assertEquals(1, moved[SIDE + 1], 1e-12);
        assertEquals(-1, moved[SIDE * SIDE - 1], 1e-12);
        assertEquals(1 - 28, Arrays.stream(moved).sum(), 1e-9);
    }

    @Test
    void aQuarterTurnPutsTheTopToTheSide() {
        double[] image = new double[SIDE * SIDE];
        Arrays.fill(image, 0, SIDE, 1);
        double[] turned = new Distortion(Math.PI / 2, 0, 0, 0, 0, 0).apply(image, 1, SIDE, SIDE, 0, new Always(1));
        for (int y = 0; y < SIDE; y++) {
            assertEquals(1, turned[y * SIDE], 1e-9);
            assertEquals(0, turned[y * SIDE + SIDE - 1], 1e-9);
        }
    }

    @Test
    void noiseHasADeviationBetweenZeroAndTheLargest() {
        double[] blank = new double[64 * 64];
        double[] noisy = new Distortion(0, 0, 0, 0, 0, 0.1).apply(blank, 1, 64, 64, 0, new SplittableRandom(3));
        double deviation =
                Math.sqrt(Arrays.stream(noisy).map(x -> x * x).average().orElseThrow());
        assertTrue(deviation > 0 && deviation < 0.105, "deviation " + deviation);
    }

    /** Every uniform number is this one. */
    private record Always(double value) implements RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public double nextDouble() {
            return value;
        }

        @Override
        public double nextGaussian() {
            return 0;
        }
    }
}
