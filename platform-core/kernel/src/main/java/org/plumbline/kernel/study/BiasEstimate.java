package org.plumbline.kernel.study;

import java.util.List;
import org.plumbline.toolkit.statistics.Vectors;

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
 * @param z S over its standard error under no bias; beyond 3 there is a bias
 */
record BiasEstimate(double length, double standardError, double z) {
    static BiasEstimate of(List<double[]> differences) {
        int n = differences.size();
        if (n < 2) {
            return new BiasEstimate(Double.NaN, Double.NaN, Double.NaN);
        }
        double[][] products = new double[n][n];
        double sum = 0;
        double squares = 0;
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < r; s++) {
                double product = Vectors.dot(differences.get(r), differences.get(s));
                products[r][s] = product;
                products[s][r] = product;
                sum += 2 * product;
                squares += 2 * product * product;
            }
        }
        double pairs = (double) n * (n - 1);
        double mean = sum / pairs;
        double deviation = Math.sqrt(2 * (squares / pairs) / pairs);
        double z = deviation == 0 ? 0 : mean / deviation;
        return new BiasEstimate(Math.sqrt(Math.max(0, mean)), jackknife(products, sum), z);
    }

    private static double jackknife(double[][] products, double sum) {
        int n = products.length;
        if (n < 3) {
            return Double.NaN;
        }
        double[] without = new double[n];
        for (int r = 0; r < n; r++) {
            double own = 0;
            for (int s = 0; s < n; s++) {
                own += products[r][s];
            }
            without[r] = Math.sqrt(Math.max(0, (sum - 2 * own) / ((double) (n - 1) * (n - 2))));
        }
        double mean = Samples.mean(without);
        double squares = 0;
        for (double value : without) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares * (n - 1) / n);
    }
}
