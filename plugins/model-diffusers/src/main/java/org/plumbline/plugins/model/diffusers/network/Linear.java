package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * y = W x + b, with an adapter if one is asked for.
 *
 * @param name of the layer; its weights are {@code <name>.weight} and {@code <name>.bias}
 * @param lowRank its adapter, or null
 */
record Linear(
        String name,
        int in,
        int out,
        boolean bias,
        @Nullable LowRank lowRank) {
    /** [..., in] to [..., out]. */
    <T> T apply(Ops<T> ops, T x) {
        T y = ops.linear(x, ops.weight(name + ".weight", out, in), bias ? ops.weight(name + ".bias", out) : null);
        return lowRank == null ? y : lowRank.addTo(ops, y, x, this);
    }
}
