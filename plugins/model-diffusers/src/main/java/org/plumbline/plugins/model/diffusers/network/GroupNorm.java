package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Normalisation over groups of channels. */
record GroupNorm(String name, int groups, int channels, double eps) {
    /** [batch, channels, ...] to the same. */
    <T> T apply(Ops<T> ops, T x) {
        T gamma = ops.weight(name + ".weight", channels);
        return ops.groupNorm(x, groups, gamma, ops.weight(name + ".bias", channels), eps);
    }
}
