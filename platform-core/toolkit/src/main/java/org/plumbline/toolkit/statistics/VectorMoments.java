package org.plumbline.toolkit.statistics;

/**
 * Running mean and variance of vectors, by Welford's method. Not thread-safe.
 *
 * <p>Source: Welford: Note on a method for calculating corrected sums of squares and products. Technometrics 4, 1962.
 */
public final class VectorMoments {
    private final double[] mean;
    private final double[] squares;
    private long count;

    /** For vectors of this length. */
    public VectorMoments(int length) {
        mean = new double[length];
        squares = new double[length];
    }

    /** Takes one more vector in. */
    public void add(double[] value) {
        if (value.length != mean.length) {
            throw new IllegalArgumentException("length " + value.length + " instead of " + mean.length);
        }
        count++;
        for (int i = 0; i < mean.length; i++) {
            double delta = value[i] - mean[i];
            mean[i] += delta / count;
            squares[i] += delta * (value[i] - mean[i]);
        }
    }

    /** How many vectors were taken in. */
    public long count() {
        return count;
    }

    /** The mean. */
    public double[] mean() {
        return mean.clone();
    }

    /** The unbiased variance of each component; NaN for fewer than two vectors. */
    public double[] variance() {
        double[] variance = new double[mean.length];
        for (int i = 0; i < variance.length; i++) {
            variance[i] = count < 2 ? Double.NaN : squares[i] / (count - 1);
        }
        return variance;
    }

    /** The sum of the component variances, the trace of the covariance. */
    public double totalVariance() {
        double sum = 0;
        for (double component : variance()) {
            sum += component;
        }
        return sum;
    }

    /** The standard error of each component of the mean. */
    public double[] standardError() {
        double[] error = variance();
        for (int i = 0; i < error.length; i++) {
            error[i] = Math.sqrt(error[i] / count);
        }
        return error;
    }
}
