package org.plumbline.testkit.estimator;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Tests the hypothesis that every component of a mean is zero, by z-scores and Holm's step-down correction: the
 * probability of rejecting any true component is at most alpha, whatever their dependence.
 *
 * <p>Source: Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 1979.
 *
 * @param alpha probability of one or more false rejections
 * @param rejected how many components are not zero
 * @param worst the component with the largest z-score
 * @param z its z-score
 */
public record HolmCorrection(double alpha, int rejected, int worst, double z) {
    /**
     * Tests means.
     *
     * @param moments of replicas that are independent of one another
     */
    public static HolmCorrection of(VectorMoments moments, double alpha) {
        return of(moments, new double[moments.mean().length], alpha);
    }

    /**
     * Tests whether means are what they are expected to be.
     *
     * @param moments of replicas that are independent of one another
     * @param expected one number per component
     */
    public static HolmCorrection of(VectorMoments moments, double[] expected, double alpha) {
        double[] mean = Vectors.difference(moments.mean(), expected);
        double[] error = moments.standardError();
        double[] scores = new double[mean.length];
        for (int i = 0; i < mean.length; i++) {
            // Without any scatter every deviation beyond rounding is certain.
            double floor = 1e-12 * Math.max(1, Math.max(Math.abs(mean[i]), Math.abs(expected[i])));
            scores[i] = Math.abs(mean[i]) <= floor ? 0 : Math.abs(mean[i]) / Math.max(error[i], Double.MIN_NORMAL);
        }
        Integer[] order = IntStream.range(0, scores.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> -scores[i]));
        int rejected = 0;
        while (rejected < order.length && twoSided(scores[order[rejected]]) * (order.length - rejected) <= alpha) {
            rejected++;
        }
        return new HolmCorrection(alpha, rejected, order[0], scores[order[0]]);
    }

    /** P(|Z| >= z) for a standard normal Z; relative error below 1e-6 for z up to 30. */
    static double twoSided(double z) {
        if (z < 3) {
            // Series of the distribution function around 0.
            double term = z;
            double sum = z;
            for (int n = 1; n < 60; n++) {
                term *= -z * z / (2 * n);
                sum += term / (2 * n + 1);
            }
            return 1 - 2 * sum / Math.sqrt(2 * Math.PI);
        }
        // Continued fraction of Mills' ratio, from the far end.
        double fraction = z;
        for (int n = 60; n > 0; n--) {
            fraction = z + n / fraction;
        }
        return 2 * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / fraction;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d components differ from what they should be at level %.0e (Holm); largest z-score %.2f at component %d",
                rejected,
                alpha,
                z,
                worst);
    }
}
