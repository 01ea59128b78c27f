package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Two linear layers with an activation between them, four times as wide inside; {@link FeedForward} has a gate. */
final class PlainFeedForward {
    private final Activation activation;
    private final Linear project;
    private final Linear back;

    PlainFeedForward(Scope scope, int width, Activation activation) {
        this.activation = activation;
        this.project = scope.linear("net.0.proj", width, 4 * width, true);
        this.back = scope.linear("net.2", 4 * width, width, true);
    }

    <T> T apply(Ops<T> ops, T x) {
        return back.apply(ops, activation.apply(ops, project.apply(ops, x)));
    }
}
