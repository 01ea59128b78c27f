package org.plumbline.toolkit.sampler;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.plumbline.spi.sampler.OutputTransform;

/**
 * Limits each sample to [-s, s] and divides it by s, with s the quantile of its absolute values, raised to 1 and
 * then limited by largest.
 * The quantile interpolates linearly between two order statistics, and its derivative goes to those two numbers.
 *
 * <p>Source: Saharia et al.: Photorealistic text-to-image diffusion models with deep language understanding. NeurIPS
 * 2022, section 2.3.
 *
 * @param ratio which quantile, in (0, 1]
 * @param largest upper limit of s; one below 1 is s itself
 */
public record DynamicThresholding(double ratio, double largest) implements OutputTransform {
    @Override
    public double[] apply(double[] h, int rows) {
        int size = h.length / rows;
        double[] m = new double[h.length];
        for (int row = 0; row < rows; row++) {
            Threshold threshold = threshold(h, row * size, size);
            for (int i = row * size; i < (row + 1) * size; i++) {
                m[i] = Math.max(-threshold.s, Math.min(threshold.s, h[i])) / threshold.s;
            }
        }
        return m;
    }

    @Override
    public double[] pullBack(double[] h, double[] g, int rows) {
        int size = h.length / rows;
        double[] gradient = new double[h.length];
        for (int row = 0; row < rows; row++) {
            Threshold threshold = threshold(h, row * size, size);
            double ofThreshold = 0;
            for (int i = row * size; i < (row + 1) * size; i++) {
                if (Math.abs(h[i]) <= threshold.s) {
                    gradient[i] = g[i] / threshold.s;
                    ofThreshold -= g[i] * h[i] / (threshold.s * threshold.s);
                }
            }
            if (threshold.free) {
                gradient[threshold.lower] += ofThreshold * (1 - threshold.weight) * Math.signum(h[threshold.lower]);
                gradient[threshold.upper] += ofThreshold * threshold.weight * Math.signum(h[threshold.upper]);
            }
        }
        return gradient;
    }

    /**
     * @param s the threshold
     * @param free whether s moves with the sample, that is, lies strictly between its limits
     * @param lower index of the order statistic below the quantile
     * @param upper index of the one above
     * @param weight of the one above
     */
    private record Threshold(double s, boolean free, int lower, int upper, double weight) {}

    private Threshold threshold(double[] h, int from, int size) {
        int[] order = IntStream.range(from, from + size)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> Math.abs(h[i])))
                .mapToInt(Integer::intValue)
                .toArray();
        double position = ratio * (size - 1);
        int below = (int) Math.floor(position);
        int above = Math.min(below + 1, size - 1);
        double weight = position - below;
        double quantile = (1 - weight) * Math.abs(h[order[below]]) + weight * Math.abs(h[order[above]]);
        double s = Math.min(largest, Math.max(1, quantile));
        return new Threshold(s, s == quantile, order[below], order[above], weight);
    }

    @Override
    public String toString() {
        return "dynamic thresholding " + Arrays.toString(new double[] {ratio, largest});
    }
}
