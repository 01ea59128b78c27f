package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Two linear layers with a gated GELU between them: value * gelu(gate), four times as wide inside. */
final class FeedForward {
    private final int inner;
    private final Linear project;
    private final Linear back;

    FeedForward(Scope scope, int width) {
        this.inner = 4 * width;
        this.project = scope.linear("net.0.proj", width, 2 * inner, true);
        this.back = scope.linear("net.2", inner, width, true);
    }

    <T> T apply(Ops<T> ops, T x) {
        T both = project.apply(ops, x);
        T value = ops.slice(both, -1, 0, inner);
        T gate = ops.slice(both, -1, inner, 2L * inner);
        return back.apply(ops, ops.mul(value, ops.gelu(gate)));
    }
}
