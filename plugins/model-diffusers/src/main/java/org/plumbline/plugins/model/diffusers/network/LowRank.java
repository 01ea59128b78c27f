package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/**
 * The adapter of one layer (Hu et al. 2021): y = W x + b + (alpha / rank) B (A x). Of a linear layer A is [rank, in] and B
 * [out, rank]. Of a convolution A is a convolution of the layer's own kernel, stride and padding into {@code rank} channels,
 * [rank, in, kernel, kernel], and B mixes those at every pixel, [out, rank, 1, 1].
 *
 * @param rank the inner size, at least 1
 * @param alpha the strength, finite and not 0
 */
public record LowRank(int rank, double alpha) {
    /** What the name of a layer is followed by in the name of its A. */
    public static final String A = ".lora_A.weight";

    /** The same of its B. */
    public static final String B = ".lora_B.weight";

    /** What the product B A is multiplied with. */
    public double scale() {
        return alpha / rank;
    }

    /** Adds the adapter of a linear layer to the layer's result. */
    <T> T addTo(Ops<T> ops, T y, T x, Linear layer) {
        T a = ops.weight(layer.name() + A, rank, layer.in());
        T b = ops.weight(layer.name() + B, layer.out(), rank);
        return ops.add(y, ops.scale(ops.linear(ops.linear(x, a, null), b, null), scale()));
    }

    /** Adds the adapter of a convolution to the convolution's result. */
    <T> T addTo(Ops<T> ops, T y, T x, Conv2d layer) {
        T a = ops.weight(layer.name() + A, rank, layer.in(), layer.kernel(), layer.kernel());
        T b = ops.weight(layer.name() + B, layer.out(), rank, 1, 1);
        T down = ops.conv2d(x, a, null, layer.stride(), layer.padding());
        return ops.add(y, ops.scale(ops.conv2d(down, b, null, 1, 0), scale()));
    }

    /** Adds the adapter of a 1x1 convolution that is used as a linear layer on a sequence of pixels. */
    <T> T addToSequence(Ops<T> ops, T y, T x, Conv2d layer) {
        T a = ops.reshape(ops.weight(layer.name() + A, rank, layer.in(), 1, 1), rank, layer.in());
        T b = ops.reshape(ops.weight(layer.name() + B, layer.out(), rank, 1, 1), layer.out(), rank);
        return ops.add(y, ops.scale(ops.linear(ops.linear(x, a, null), b, null), scale()));
    }
}
