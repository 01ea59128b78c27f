package org.plumbline.plugins.model.diffusers.network;

import java.util.Arrays;
import org.plumbline.spi.graph.Ops;

/**
 * What a condition does to the blocks of a transformer (Peebles and Xie 2023; diffusers: AdaLayerNorm): one linear layer
 * makes several vectors of it, by which the results of norms are scaled and shifted and those of layers weighed.
 */
final class Modulation {
    private final int parts;
    private final Linear linear;

    /**
     * Declares the layer {@code linear}.
     *
     * @param parts how many vectors it makes
     */
    Modulation(Scope scope, int width, int parts) {
        this(scope.linear("linear", width, parts * width, true), parts);
    }

    Modulation(Linear linear, int parts) {
        this.linear = linear;
        this.parts = parts;
    }

    /**
     * Makes the vectors.
     *
     * @param condition [batch, width]
     * @return [batch, parts, width]
     */
    <T> T apply(Ops<T> ops, T condition) {
        return ops.reshape(linear.apply(ops, ops.silu(condition)), -1, parts, linear.in());
    }

    /** One of the vectors, [batch, 1, width]. */
    static <T> T part(Ops<T> ops, T vectors, int index) {
        return ops.slice(vectors, 1, index, index + 1L);
    }

    /** x (1 + scale) + shift, each a number of a vector. */
    static <T> T modulate(Ops<T> ops, T x, T vectors, int shift, int scale) {
        T factor = ops.shift(part(ops, vectors, scale), 1);
        return ops.add(ops.mul(x, factor), part(ops, vectors, shift));
    }

    /** h + vector x. */
    static <T> T addGated(Ops<T> ops, T h, T x, T vectors, int gate) {
        return ops.add(h, ops.mul(x, part(ops, vectors, gate)));
    }

    /** Normalises over the last axis and neither scales nor shifts. */
    static <T> T norm(Ops<T> ops, T x, double eps) {
        long[] shape = ops.shape(x);
        int width = Math.toIntExact(shape[shape.length - 1]);
        double[] ones = new double[width];
        Arrays.fill(ones, 1);
        return ops.layerNorm(x, ops.constant(ones, width), ops.constant(new double[width], width), eps);
    }
}
