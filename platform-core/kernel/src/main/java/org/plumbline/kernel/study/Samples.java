package org.plumbline.kernel.study;

import java.util.Arrays;

/** Mean and standard deviation of a sample. */
final class Samples {
    private Samples() {}

    static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /** With n - 1 in the denominator; NaN for fewer than two. */
    static double deviation(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return values.length < 2 ? Double.NaN : Math.sqrt(squares / (values.length - 1));
    }
}
