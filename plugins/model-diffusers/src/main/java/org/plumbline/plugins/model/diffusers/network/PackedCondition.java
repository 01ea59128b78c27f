package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.spi.graph.Ops;

/**
 * A prompt as one tensor for denoisers that take two: the tokens' vectors, one row each, and behind them the vector of the
 * whole prompt, written in as many rows as it needs, the rest of them zero.
 *
 * @param rows of the tokens
 * @param width of a row
 * @param pooled width of the prompt's vector; 0: there is none
 */
public record PackedCondition(int rows, int width, int pooled) {
    /** Rows of the packed tensor. */
    public int length() {
        return rows + extraRows();
    }

    private int extraRows() {
        return (pooled + width - 1) / width;
    }

    /** [batch, rows, width] and [batch, pooled] to [batch, length, width]. */
    <T> T pack(Ops<T> ops, T tokens, T vector) {
        int missing = extraRows() * width - pooled;
        T padded = ops.pad2d(ops.reshape(vector, -1, 1, 1, pooled), 0, missing, 0, 0);
        return ops.concat(1, List.of(tokens, ops.reshape(padded, -1, extraRows(), width)));
    }

    /** [batch, length, width] to [batch, rows, width]. */
    <T> T tokens(Ops<T> ops, T packed) {
        return pooled == 0 ? packed : ops.slice(packed, 1, 0, rows);
    }

    /** [batch, length, width] to [batch, pooled]. */
    <T> T pooled(Ops<T> ops, T packed) {
        T flat = ops.reshape(ops.slice(packed, 1, rows, length()), -1, (long) extraRows() * width);
        return ops.slice(flat, 1, 0, pooled);
    }
}
