package org.plumbline.kernel.report;

import java.util.stream.DoubleStream;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A mean over seeds.
 *
 * @param mean NaN if there is no value
 * @param error standard error, NaN for fewer than two values
 * @param count number of values
 */
record Estimate(double mean, double error, int count) {
    static Estimate of(DoubleStream values) {
        double[] finite = values.filter(Double::isFinite).toArray();
        int n = finite.length;
        double mean = DoubleStream.of(finite).average().orElse(Double.NaN);
        if (n < 2) {
            return new Estimate(mean, Double.NaN, n);
        }
        double squares = DoubleStream.of(finite)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Estimate(mean, Math.sqrt(squares / (n - 1) / n), n);
    }

    boolean known() {
        return Double.isFinite(mean);
    }

    /** Above zero with 95 % confidence, by Student's t; without an error, above zero at all. */
    boolean clearlyPositive() {
        return mean > margin();
    }

    /** Below zero with 95 % confidence, by Student's t; without an error, below zero at all. */
    boolean clearlyNegative() {
        return -mean > margin();
    }

    private double margin() {
        return Double.isFinite(error) ? error * TDistribution.of(count - 1).inverseCumulativeProbability(0.975) : 0;
    }

    @Override
    public String toString() {
        return Digits.withError(mean, error);
    }
}
