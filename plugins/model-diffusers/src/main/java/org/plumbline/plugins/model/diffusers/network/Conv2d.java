package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * A convolution with a square kernel and a bias, with an adapter if one is asked for.
 *
 * @param name of the layer; its weights are {@code <name>.weight} and {@code <name>.bias}
 * @param lowRank its adapter, or null
 */
record Conv2d(
        String name,
        int in,
        int out,
        int kernel,
        int stride,
        int padding,
        @Nullable LowRank lowRank) {
    /** [batch, in, height, width] to [batch, out, ...]. */
    <T> T apply(Ops<T> ops, T x) {
        T w = ops.weight(name + ".weight", out, in, kernel, kernel);
        T y = ops.conv2d(x, w, ops.weight(name + ".bias", out), stride, padding);
        return lowRank == null ? y : lowRank.addTo(ops, y, x, this);
    }

    /** Of a 1x1 convolution: applies it to every pixel of [batch, pixels, in], with its weight [out, in, 1, 1] as [out, in]. */
    <T> T applyToSequence(Ops<T> ops, T x) {
        T w = ops.reshape(ops.weight(name + ".weight", out, in, 1, 1), out, in);
        T y = ops.linear(x, w, ops.weight(name + ".bias", out));
        return lowRank == null ? y : lowRank.addToSequence(ops, y, x, this);
    }
}
