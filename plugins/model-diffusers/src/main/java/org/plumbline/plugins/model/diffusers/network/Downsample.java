package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Halves height and width by a convolution of stride 2. */
final class Downsample {
    private final Conv2d conv;

    /**
     * Declares the convolution.
     *
     * @param padding 1: on all sides; 0: one row and column at the bottom and on the right
     */
    Downsample(Scope scope, int channels, int padding) {
        this.conv = scope.conv("conv", channels, channels, 3, 2, padding);
    }

    <T> T apply(Ops<T> ops, T x) {
        return conv.apply(ops, conv.padding() == 0 ? ops.pad2d(x, 0, 1, 0, 1) : x);
    }
}
