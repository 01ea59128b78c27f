package org.plumbline.kernel.record;

/**
 * How well two computations of one array agree.
 *
 * @param maxAbsolute the largest difference of two components
 * @param maxRelative that, over the largest magnitude of the first array; the difference itself if that is 0
 * @param cosine of the angle between the two; 1 if both are zero
 */
public record Agreement(double maxAbsolute, double maxRelative, double cosine) {
    /**
     * Compares.
     *
     * @param expected by the first computation
     * @param found by the second
     * @return numbers that are NaN if a component is not finite or the lengths differ, so that nothing agrees with them
     */
    public static Agreement of(double[] expected, double[] found) {
        if (expected.length != found.length) {
            return new Agreement(Double.NaN, Double.NaN, Double.NaN);
        }
        double difference = 0;
        double magnitude = 0;
        double product = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < expected.length; i++) {
            // Math.max hands a NaN on.
            difference = Math.max(difference, Math.abs(found[i] - expected[i]));
            magnitude = Math.max(magnitude, Math.abs(expected[i]));
            product += expected[i] * found[i];
            first += expected[i] * expected[i];
            second += found[i] * found[i];
        }
        double cosine = first == 0 && second == 0 ? 1 : product / Math.sqrt(first) / Math.sqrt(second);
        return new Agreement(difference, magnitude == 0 ? difference : difference / magnitude, cosine);
    }

    /** True if the largest relative difference is at most this. */
    public boolean within(double tolerance) {
        return maxRelative <= tolerance;
    }
}
