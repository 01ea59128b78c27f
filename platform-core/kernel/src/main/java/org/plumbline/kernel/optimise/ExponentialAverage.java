package org.plumbline.kernel.optimise;

/**
 * A running average of the parameters, {@code average = d average + (1 - d) theta}, whose memory grows at first: after n
 * earlier values d = min(decay, (1 + n) / (10 + n)), so that the random start is forgotten soon. Not thread-safe.
 */
public final class ExponentialAverage {
    private final double decay;
    private final double[] average;
    private long values;

    /** Starts at the given parameters. */
    public ExponentialAverage(double decay, double[] start) {
        this(decay, start, 0);
    }

    /** Continues an average that has seen this many values. */
    public ExponentialAverage(double decay, double[] average, long values) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("decay " + decay + " is not in [0, 1)");
        }
        this.decay = decay;
        this.average = average.clone();
        this.values = values;
    }

    /** Takes one more value in. */
    public void add(double[] theta) {
        double weight = 1 - Math.min(decay, (1 + (double) values) / (10 + (double) values));
        for (int i = 0; i < average.length; i++) {
            average[i] += weight * (theta[i] - average[i]);
        }
        values++;
    }

    /** A copy of the average. */
    public double[] toArray() {
        return average.clone();
    }
}
