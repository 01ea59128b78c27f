package org.plumbline.plugins.model.diffusers.network;

import java.util.random.RandomGenerator;

/** The distribution from which a weight is drawn before training. */
@FunctionalInterface
public interface Initialiser {
    /** One number of the weight. */
    double draw(RandomGenerator random);

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
