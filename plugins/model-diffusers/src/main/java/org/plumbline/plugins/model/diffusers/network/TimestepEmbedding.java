package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Turns a time label, a real number, into a vector: its {@link TimeFeatures}, followed by two linear layers. */
final class TimestepEmbedding {
    private final TimeFeatures features;
    private final TwoLayers layers;

    /**
     * Declares linear_1 and linear_2.
     *
     * @param width of the sinusoidal part; even
     * @param out width of the result
     * @param cosineFirst diffusers: flip_sin_to_cos
     * @param shift diffusers: freq_shift
     */
    TimestepEmbedding(Scope scope, int width, int out, boolean cosineFirst, double shift) {
        this(scope, new TimeFeatures.Waves(width, cosineFirst, shift), out);
    }

    /** Declares linear_1 and linear_2 behind other features. */
    TimestepEmbedding(Scope scope, TimeFeatures features, int out) {
        this.features = features;
        this.layers = new TwoLayers(scope, features.width(), out);
    }

    /** The part that most networks do not learn: [batch] to [batch, width]. */
    <T> T waves(Ops<T> ops, T label) {
        return features.apply(ops, label);
    }

    /** The learned part: [batch, width] to [batch, out]. */
    <T> T apply(Ops<T> ops, T waves) {
        return layers.apply(ops, waves);
    }
}
