package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Two linear layers, linear_1 and linear_2, with a SiLU between them: what makes an embedding of numbers or of a vector. */
final class TwoLayers {
    private final Linear linear1;
    private final Linear linear2;

    TwoLayers(Scope scope, int in, int out) {
        this.linear1 = scope.linear("linear_1", in, out, true);
        this.linear2 = scope.linear("linear_2", out, out, true);
    }

    /** [batch, in] to [batch, out]. */
    <T> T apply(Ops<T> ops, T x) {
        return linear2.apply(ops, ops.silu(linear1.apply(ops, x)));
    }
}
