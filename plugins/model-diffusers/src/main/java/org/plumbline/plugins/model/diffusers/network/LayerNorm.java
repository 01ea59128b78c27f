package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Normalisation over the last axis. */
record LayerNorm(String name, int width, double eps) {
    /** [..., width] to the same. */
    <T> T apply(Ops<T> ops, T x) {
        T gamma = ops.weight(name + ".weight", width);
        return ops.layerNorm(x, gamma, ops.weight(name + ".bias", width), eps);
    }
}
