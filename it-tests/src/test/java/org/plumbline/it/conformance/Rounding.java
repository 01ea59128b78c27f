package org.plumbline.it.conformance;

import java.util.Random;

/** What is done to the numbers that go into a chain. */
@FunctionalInterface
interface Rounding {
    double[] of(double[] values);

    /** Nothing. */
    static Rounding none() {
        return double[]::clone;
    }

    /**
     * Moves every number to one of its neighbours in float32, or not, at random. To float32 these are the same numbers;
     * but every rounding from the first operation on is another one, so that the results scatter by the noise of float32.
     */
    static Rounding random(long seed) {
        Random random = new Random(seed);
        return values -> {
            double[] rounded = values.clone();
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] *= 1 + (random.nextInt(3) - 1) * 0x1p-23;
            }
            return rounded;
        };
    }
}
