package org.plumbline.kernel.study;

import java.util.List;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The inner products a_r . b_s of replicas of two vectors, r, s = 1..N, where a_r and b_r may depend on one another and
 * different replicas do not. Everything that is asked of lengths, angles and their errors follows from them.
 */
final class Gram {
    private final double[][] products;
    private final double[] lines;
    private final double total;
    private final double trace;

    private Gram(double[][] products) {
        int n = products.length;
        this.products = products;
        this.lines = new double[n];
        double sum = 0;
        double diagonal = 0;
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < n; s++) {
                lines[r] += products[r][s] + products[s][r];
                sum += products[r][s];
            }
            diagonal += products[r][r];
        }
        total = sum;
        trace = diagonal;
    }

    static Gram of(List<double[]> a, List<double[]> b) {
        int n = a.size();
        double[][] products = new double[n][n];
        for (int r = 0; r < n; r++) {
            for (int s = 0; s < n; s++) {
                products[r][s] = a == b && s < r ? products[s][r] : Vectors.dot(a.get(r), b.get(s));
            }
        }
        return new Gram(products);
    }

    int size() {
        return products.length;
    }

    double product(int r, int s) {
        return products[r][s];
    }

    /** (E a) . (E b) without bias: the mean over r != s, in which no noise meets itself. */
    double expected() {
        int n = size();
        return (total - trace) / ((double) n * (n - 1));
    }

    /** The same without replica i. */
    double expectedWithout(int i) {
        int n = size() - 1;
        double own = products[i][i];
        return (total - lines[i] + own - (trace - own)) / ((double) n * (n - 1));
    }

    /** The mean of a_r . b_r. */
    double ofOneself() {
        return trace / size();
    }

    /** The inner product of the two means. */
    double ofMeans() {
        return total / ((double) size() * size());
    }

    /** The same without replica i. */
    double ofMeansWithout(int i) {
        double n = size() - 1.0;
        return (total - lines[i] + products[i][i]) / (n * n);
    }

    /** (a_r - mean a) . (b_r - mean b) for every r, times N / (N - 1): their mean is the trace of the covariance. */
    double[] covariances() {
        int n = size();
        double[] covariances = new double[n];
        double ofMeans = ofMeans();
        for (int r = 0; r < n; r++) {
            covariances[r] = (products[r][r] - lines[r] / n + ofMeans) * n / (n - 1.0);
        }
        return covariances;
    }
}
