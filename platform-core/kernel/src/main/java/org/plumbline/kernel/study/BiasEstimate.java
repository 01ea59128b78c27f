package org.plumbline.kernel.study;

/**
 * The bias of an estimator from paired replicas: d_r = g_r - e_r, the estimate minus the exact gradient of the same
 * samples, r = 1..N. What the samples have in common cancels, so a small bias shows early.
 *
 * <p>The squared length of the mean of d is estimated without bias by S = mean over r != s of d_r . d_s. If there is no
 * bias, S has mean zero and variance 2 tr(Sigma^2) / (N (N - 1)), with tr(Sigma^2) estimated by the mean of (d_r .
 * d_s)^2. It is not normal: it is a shifted sum of squares, and where few directions carry the noise its right tail is
 * long. So it is taken for a chi-squared variable with nu = tr(Sigma)^2 / tr(Sigma^2) degrees of freedom (Satterthwaite),
 * and z is the normal deviate of the same probability (Wilson and Hilferty's cube root).
 *
 * @param length |E d|, 0 if S is negative
 * @param z how far S is from no bias, as a normal deviate; beyond {@value #LIMIT} there is a bias
 * @param noise the length whose square is one standard deviation of S without bias; goes with 1 / sqrt(N)
 * @param dimension nu, over how many directions the noise is spread, at least 1
 */
record BiasEstimate(double length, double z, double noise, double dimension) {
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
            return new BiasEstimate(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
        double squares = 0;
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < r; s++) {
                squares += 2 * differences.product(r, s) * differences.product(r, s);
            }
        }
        double pairs = (double) n * (n - 1);
        double mean = differences.expected();
        double squaredTrace = squares / pairs;
        double deviation = Math.sqrt(2 * squaredTrace / pairs);
        double trace = Math.max(0, differences.ofOneself() - mean);
        double dimension = deviation == 0 ? 1 : Math.max(1, trace * trace / squaredTrace);
        double z = deviation == 0 ? 0 : normal(mean / deviation, dimension);
        return new BiasEstimate(root(mean), z, Math.sqrt(deviation), dimension);
    }

    /** The normal deviate of a standardised chi-squared variable. */
    private static double normal(double standardised, double dimension) {
        double spread = 2 / (9 * dimension);
        double ratio = 1 + standardised * Math.sqrt(2 / dimension);
        return (Math.cbrt(ratio) - (1 - spread)) / Math.sqrt(spread);
    }

    /** The inverse of {@link #normal}. */
    private static double standardised(double normal, double dimension) {
        double spread = 2 / (9 * dimension);
        double root = 1 - spread + normal * Math.sqrt(spread);
        return (root * root * root - 1) / Math.sqrt(2 / dimension);
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
        return Math.sqrt(standardised(LIMIT, dimension)) * noise;
    }

    private static double root(double square) {
        return Math.sqrt(Math.max(0, square));
    }
}
