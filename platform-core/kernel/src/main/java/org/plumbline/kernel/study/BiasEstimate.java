package org.plumbline.kernel.study;

/**
 * The bias of an estimator from paired replicas: d_r = g_r - e_r, the estimate minus the exact gradient of the same
 * samples, r = 1..N. What the samples have in common cancels, so a small bias shows early.
 *
 * <p>The squared length of the mean of d is estimated without bias by S = mean over r != s of d_r . d_s. If there is no
 * bias, S has mean zero and variance 2 tr(Sigma^2) / (N (N - 1)), with tr(Sigma^2) estimated by the mean of (d_r .
 * d_s)^2; z is S over its root.
 *
 * @param length |E d|, 0 if S is negative
 * @param z S over its standard error under no bias; beyond {@value #LIMIT} there is a bias
 * @param noise the length at which z would be 1; goes with 1 / sqrt(N)
 */
record BiasEstimate(double length, double z, double noise) {
    /** Where a bias counts as seen, in standard errors. */
    static final double LIMIT = 3;

    /**
     * The estimate.
     *
     * @param differences products of the differences with themselves
     */
    static BiasEstimate of(Gram differences) {
        int n = differences.size();
        if (n < 2) {
            return new BiasEstimate(Double.NaN, Double.NaN, Double.NaN);
        }
        double squares = 0;
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < r; s++) {
                squares += 2 * differences.product(r, s) * differences.product(r, s);
            }
        }
        double pairs = (double) n * (n - 1);
        double mean = differences.expected();
        double deviation = Math.sqrt(2 * (squares / pairs) / pairs);
        return new BiasEstimate(root(mean), deviation == 0 ? 0 : mean / deviation, Math.sqrt(deviation));
    }

    /** The length without replica i. */
    static double lengthWithout(Gram differences, int i) {
        return root(differences.expectedWithout(i));
    }

    /** True if noise alone does not explain it. */
    boolean seen() {
        return z > LIMIT;
    }

    /** The length at which it would be seen. */
    double detectable() {
        return Math.sqrt(LIMIT) * noise;
    }

    private static double root(double square) {
        return Math.sqrt(Math.max(0, square));
    }
}
