package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** A convolution with a square kernel and a bias. */
record Conv2d(String name, int in, int out, int kernel, int stride, int padding) {
    /** [batch, in, height, width] to [batch, out, ...]. */
    <T> T apply(Ops<T> ops, T x) {
        T w = ops.weight(name + ".weight", out, in, kernel, kernel);
        return ops.conv2d(x, w, ops.weight(name + ".bias", out), stride, padding);
    }
}
