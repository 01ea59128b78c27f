package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.spi.graph.Ops;

/**
 * Turns a time label, a real number, into a vector: sines and cosines of it at frequencies 10000^(-i / (half - shift)),
 * followed by two linear layers.
 */
final class TimestepEmbedding {
    private static final double LONGEST_PERIOD = 10000;

    private final double[] frequencies;
    private final boolean cosineFirst;
    private final Linear linear1;
    private final Linear linear2;

    /**
     * Declares linear_1 and linear_2.
     *
     * @param width of the sinusoidal part; even
     * @param out width of the result
     * @param cosineFirst diffusers: flip_sin_to_cos
     * @param shift diffusers: freq_shift
     */
    TimestepEmbedding(Scope scope, int width, int out, boolean cosineFirst, double shift) {
        int half = width / 2;
        this.frequencies = new double[half];
        for (int i = 0; i < half; i++) {
            frequencies[i] = Math.exp(-Math.log(LONGEST_PERIOD) * i / (half - shift));
        }
        this.cosineFirst = cosineFirst;
        this.linear1 = scope.linear("linear_1", width, out, true);
        this.linear2 = scope.linear("linear_2", out, out, true);
    }

    /** The sinusoidal part: [batch] to [batch, width]. */
    <T> T waves(Ops<T> ops, T label) {
        T angles = ops.mul(ops.reshape(label, -1, 1), ops.constant(frequencies, 1, frequencies.length));
        T sine = ops.sin(angles);
        T cosine = ops.cos(angles);
        return ops.concat(1, cosineFirst ? List.of(cosine, sine) : List.of(sine, cosine));
    }

    /** The learned part: [batch, width] to [batch, out]. */
    <T> T apply(Ops<T> ops, T waves) {
        return linear2.apply(ops, ops.silu(linear1.apply(ops, waves)));
    }
}
