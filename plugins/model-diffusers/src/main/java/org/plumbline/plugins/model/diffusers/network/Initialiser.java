package org.plumbline.plugins.model.diffusers.network;

import java.util.random.RandomGenerator;

/** The distribution from which a weight is drawn before training. */
@FunctionalInterface
public interface Initialiser {
    /** One number of the weight. */
    double draw(RandomGenerator random);

    /** All numbers of the weight, row-major. */
    default void fill(RandomGenerator random, double[] into, int from, int count) {
        for (int i = 0; i < count; i++) {
            into[from + i] = draw(random);
        }
    }

    /** These numbers. */
    static Initialiser of(double... values) {
        double[] copy = values.clone();
        return new Initialiser() {
            @Override
            public double draw(RandomGenerator random) {
                return copy[0];
            }

            @Override
            public void fill(RandomGenerator random, double[] into, int from, int count) {
                System.arraycopy(copy, 0, into, from, count);
            }
        };
    }

    /** Always the same number. */
    static Initialiser constant(double value) {
        return random -> value;
    }

    /** Uniform between -bound and bound. */
    static Initialiser uniform(double bound) {
        return random -> bound * (2 * random.nextDouble() - 1);
    }

    /** Gaussian around 0. */
    static Initialiser normal(double deviation) {
        return random -> deviation * random.nextGaussian();
    }

    /**
     * What PyTorch does to weights and biases of linear layers and convolutions: uniform, bounded by one over the square
     * root of the number of inputs that a neuron sums over (Kaiming's rule with a = sqrt 5).
     */
    static Initialiser fanIn(long inputs) {
        return uniform(1 / Math.sqrt((double) inputs));
    }
}
