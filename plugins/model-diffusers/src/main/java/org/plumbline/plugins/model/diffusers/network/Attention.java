package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Multi-head attention of a sequence to itself or to another one. */
final class Attention {
    private final int heads;
    private final Linear toQ;
    private final Linear toK;
    private final Linear toV;
    private final Linear toOut;

    /**
     * Declares the layers to_q, to_k, to_v and to_out.0.
     *
     * @param width of the queries and of the result; a multiple of {@code heads}
     * @param source width of the sequence that keys and values are made from
     * @param bias whether to_q, to_k, to_v have one; to_out.0 always has
     */
    Attention(Scope scope, int width, int source, int heads, boolean bias) {
        this.heads = heads;
        this.toQ = scope.linear("to_q", width, width, bias);
        this.toK = scope.linear("to_k", source, width, bias);
        this.toV = scope.linear("to_v", source, width, bias);
        this.toOut = scope.linear("to_out.0", width, width, true);
    }

    /** [batch, queries, width] attending to [batch, keys, source]; the result has the first one's shape. */
    <T> T apply(Ops<T> ops, T x, T source) {
        T q = split(ops, toQ.apply(ops, x));
        T k = split(ops, toK.apply(ops, source));
        T v = split(ops, toV.apply(ops, source));
        return toOut.apply(ops, join(ops, ops.attention(q, k, v, false)));
    }

    /** [batch, length, width] to [batch, heads, length, width / heads]. */
    private <T> T split(Ops<T> ops, T x) {
        return splitHeads(ops, x, heads);
    }

    static <T> T splitHeads(Ops<T> ops, T x, int heads) {
        long[] shape = ops.shape(x);
        return ops.transpose(ops.reshape(x, -1, shape[1], heads, shape[2] / heads), 0, 2, 1, 3);
    }

    /** The inverse of {@link #splitHeads}. */
    static <T> T join(Ops<T> ops, T x) {
        long[] shape = ops.shape(x);
        return ops.reshape(ops.transpose(x, 0, 2, 1, 3), -1, shape[2], shape[1] * shape[3]);
    }
}
