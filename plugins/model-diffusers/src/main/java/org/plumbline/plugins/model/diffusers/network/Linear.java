package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * y = W x + b, with an adapter if one is asked for.
 *
 * @param name of the layer; its weights are {@code <name>.weight} and {@code <name>.bias}
 */
record Linear(
        String name,
        int in,
        int out,
        boolean bias,
        @Nullable LowRank lowRank) {
    /** The size and strength of an adapter; see {@link Adapters}. */
    record LowRank(int rank, double scale) {}

    /** [..., in] to [..., out]. */
    <T> T apply(Ops<T> ops, T x) {
        T y = ops.linear(x, ops.weight(name + ".weight", out, in), bias ? ops.weight(name + ".bias", out) : null);
        if (lowRank == null) {
            return y;
        }
        T down = ops.linear(x, ops.weight(name + ".lora_A.weight", lowRank.rank, in), null);
        T up = ops.linear(down, ops.weight(name + ".lora_B.weight", out, lowRank.rank), null);
        return ops.add(y, ops.scale(up, lowRank.scale));
    }
}
