package org.plumbline.kernel.study;

import java.util.List;

/**
 * The bias of an estimator from paired replicas: d_r = g_r - e_r, the estimate minus the exact gradient of the same
 * samples, r = 1..N. What the samples have in common cancels, so a small bias shows early.
 *
 * <p>The squared length of the mean of d is estimated without bias by S = mean over r != s of d_r . d_s. If there is no
 * bias, S has mean zero and variance 2 tr(Sigma^2) / (N (N - 1)), with tr(Sigma^2) estimated by the mean of (d_r .
 * d_s)^2; z is S over its root. The standard error of the length is by the jackknife.
 *
 * @param length |E d|, 0 if S is negative
 * @param standardError of {@code length}
 * @param z S over its standard error under no bias; beyond {@value #LIMIT} there is a bias
 * @param detectable the length at which z would be {@value #LIMIT}; goes with 1 / sqrt(N)
 */
record BiasEstimate(double length, double standardError, double z, double detectable) {
    /** Where a bias counts as seen, in standard errors. */
    static final double LIMIT = 3;

    static BiasEstimate of(List<double[]> differences) {
        int n = differences.size();
        if (n < 2) {
            return new BiasEstimate(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
        Gram gram = Gram.of(differences, differences);
        double squares = 0;
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < r; s++) {
                squares += 2 * gram.product(r, s) * gram.product(r, s);
            }
        }
        double pairs = (double) n * (n - 1);
        double mean = gram.expected();
        double deviation = Math.sqrt(2 * (squares / pairs) / pairs);
        double z = deviation == 0 ? 0 : mean / deviation;
        return new BiasEstimate(root(mean), jackknife(gram), z, Math.sqrt(LIMIT * deviation));
    }

    private static double jackknife(Gram gram) {
        double[] without = new double[gram.size()];
        for (int r = 0; r < without.length; r++) {
            without[r] = root(gram.expectedWithout(r));
        }
        return Samples.jackknife(without);
    }

    private static double root(double square) {
        return Math.sqrt(Math.max(0, square));
    }
}
