package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Arrays;

/**
 * Linear regression with a ridge penalty on data that are forgotten with time: keeps sum phi phi^T and sum phi y.
 *
 * <p>Source: Hoerl, Kennard: Ridge regression: biased estimation for nonorthogonal problems. Technometrics 12, 1970.
 */
final class RidgeRegression {
    private final int length;
    private final double ridge;
    private final double[] products;
    private final double[] targets;
    private double[] weights;

    /**
     * @param length of a feature vector
     * @param ridge penalty, in samples
     */
    RidgeRegression(int length, double ridge) {
        this.length = length;
        this.ridge = ridge;
        this.products = new double[length * length];
        this.targets = new double[length];
        this.weights = new double[length];
    }

    double predict(double[] features) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += weights[i] * features[i];
        }
        return sum;
    }

    /** Scales the weight of all data so far. */
    void forget(double kept) {
        for (int i = 0; i < products.length; i++) {
            products[i] *= kept;
        }
        for (int i = 0; i < length; i++) {
            targets[i] *= kept;
        }
    }

    void add(double[] features, double target) {
        for (int i = 0; i < length; i++) {
            for (int j = 0; j < length; j++) {
                products[i * length + j] += features[i] * features[j];
            }
            targets[i] += features[i] * target;
        }
    }

    /** Makes {@link #predict} use all data; by Cholesky's factors of the products plus ridge. */
    void fit() {
        double[] l = new double[length * length];
        for (int i = 0; i < length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = products[i * length + j] + (i == j ? ridge : 0);
                for (int k = 0; k < j; k++) {
                    sum -= l[i * length + k] * l[j * length + k];
                }
                l[i * length + j] = i == j ? Math.sqrt(sum) : sum / l[j * length + j];
            }
        }
        double[] solution = targets.clone();
        for (int i = 0; i < length; i++) {
            for (int k = 0; k < i; k++) {
                solution[i] -= l[i * length + k] * solution[k];
            }
            solution[i] /= l[i * length + i];
        }
        for (int i = length - 1; i >= 0; i--) {
            for (int k = i + 1; k < length; k++) {
                solution[i] -= l[k * length + i] * solution[k];
            }
            solution[i] /= l[i * length + i];
        }
        weights = solution;
    }

    /** The data, one array. */
    double[] memory() {
        double[] memory = Arrays.copyOf(products, products.length + length);
        System.arraycopy(targets, 0, memory, products.length, length);
        return memory;
    }

    void recall(double[] memory) {
        System.arraycopy(memory, 0, products, 0, products.length);
        System.arraycopy(memory, products.length, targets, 0, length);
        fit();
    }
}
