package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * Self-attention of a sequence, attention to a condition or once more to itself, and a feed-forward network, each with a
 * norm before it and a residual connection around it (diffusers: BasicTransformerBlock).
 */
final class TransformerBlock {
    private static final double EPS = 1e-5;

    private final LayerNorm norm1;
    private final Attention self;
    private final boolean onlyCross;
    private final LayerNorm norm2;
    private final Attention second;
    private final LayerNorm norm3;
    private final FeedForward feedForward;

    /**
     * Declares the layers.
     *
     * @param width of the sequence
     * @param source width of what the second attention attends to: of the condition, or {@code width} without one
     */
    TransformerBlock(Scope scope, int width, int heads, int source) {
        this(scope, width, heads, source, false);
    }

    /**
     * Declares the layers.
     *
     * @param onlyCross whether the first attention is to the condition too
     */
    TransformerBlock(Scope scope, int width, int heads, int source, boolean onlyCross) {
        this.onlyCross = onlyCross;
        this.norm1 = scope.layerNorm("norm1", width, EPS);
        this.self = new Attention(scope.in("attn1"), width, onlyCross ? source : width, heads, false);
        this.norm2 = scope.layerNorm("norm2", width, EPS);
        this.second = new Attention(scope.in("attn2"), width, source, heads, false);
        this.norm3 = scope.layerNorm("norm3", width, EPS);
        this.feedForward = new FeedForward(scope.in("ff"), width);
    }

    /**
     * [batch, length, width] to the same shape.
     *
     * @param condition [batch, any length, source]; null for a block that attends to itself twice
     */
    <T> T apply(Ops<T> ops, T x, @Nullable T condition) {
        T normed = norm1.apply(ops, x);
        T h = ops.add(x, self.apply(ops, normed, onlyCross && condition != null ? condition : normed));
        T again = norm2.apply(ops, h);
        h = ops.add(h, second.apply(ops, again, condition == null ? again : condition));
        return ops.add(h, feedForward.apply(ops, norm3.apply(ops, h)));
    }
}
