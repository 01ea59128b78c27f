package org.plumbline.kernel.study;

import java.util.Arrays;

/** Mean and standard deviation of a sample, and the errors of what is computed from one. */
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

    /** Standard error of the mean; NaN for fewer than two. */
    static double standardError(double[] values) {
        return deviation(values) / Math.sqrt(values.length);
    }

    /** The middle one, or the mean of the two in the middle; NaN if there is none. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /**
     * Standard error by the jackknife; NaN for fewer than three.
     *
     * @param without what is estimated, element i from all of the sample but i
     */
    static double jackknife(double[] without) {
        int n = without.length;
        return n < 3 ? Double.NaN : deviation(without) * (n - 1) / Math.sqrt(n);
    }
}
