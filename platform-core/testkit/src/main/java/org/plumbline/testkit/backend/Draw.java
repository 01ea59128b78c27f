package org.plumbline.testkit.backend;

import java.util.SplittableRandom;

/** How the numbers of a test tensor are drawn. */
@FunctionalInterface
interface Draw {
    /** The next number. */
    double next(SplittableRandom random);

    /** Uniform between two bounds. */
    static Draw between(double low, double high) {
        return random -> low + (high - low) * random.nextDouble();
    }

    /** Uniform between two bounds but never nearer than 0.05 to a kink, where finite differences would step over it. */
    static Draw between(double low, double high, double... kinks) {
        return random -> {
            double value = low + (high - low) * random.nextDouble();
            for (double kink : kinks) {
                double distance = value - kink;
                if (Math.abs(distance) < 0.05) {
                    value = kink + (distance < 0 ? -0.05 : 0.05) + distance;
                }
            }
            return value;
        };
    }

    /** Whole numbers in [0, entries). */
    static Draw indices(int entries) {
        return random -> random.nextInt(entries);
    }
}
