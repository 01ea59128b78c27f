package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The attention of text-conditioned networks (diffusers: Transformer2DModel): pixels become a sequence, which passes blocks
 * of self-attention, cross-attention to the condition, and a feed-forward network, each with a residual connection.
 */
final class Transformer implements ImageAttention {
    private static final double GROUP_NORM_EPS = 1e-6;
    private static final double LAYER_NORM_EPS = 1e-5;

    private final GroupNorm norm;
    private final Projection projectIn;
    private final List<Block> blocks;
    private final Projection projectOut;

    /**
     * Declares the layers.
     *
     * @param linear whether the projections are linear layers on the sequence; otherwise 1x1 convolutions on the image,
     *     which compute the same from weights of another shape
     */
    Transformer(Scope scope, int channels, int heads, int layers, int conditionWidth, boolean linear, int groups) {
        this(scope, channels, heads, layers, conditionWidth, linear, false, groups);
    }

    /**
     * Declares the layers.
     *
     * @param onlyCross whether the first attention of a block is to the condition too
     */
    Transformer(
            Scope scope,
            int channels,
            int heads,
            int layers,
            int conditionWidth,
            boolean linear,
            boolean onlyCross,
            int groups) {
        this.norm = scope.groupNorm("norm", groups, channels, GROUP_NORM_EPS);
        this.projectIn = projection(scope, "proj_in", channels, linear);
        this.blocks = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            blocks.add(new Block(scope.in("transformer_blocks", i), channels, heads, conditionWidth, onlyCross));
        }
        this.projectOut = projection(scope, "proj_out", channels, linear);
    }

    @Override
    public <T> T apply(Ops<T> ops, T x, @Nullable T condition) {
        Objects.requireNonNull(condition, "condition");
        long[] shape = ops.shape(x);
        T h = projectIn.apply(ops, ImageAttention.toSequence(ops, norm.apply(ops, x)));
        for (Block block : blocks) {
            h = block.apply(ops, h, condition);
        }
        return ops.add(x, ImageAttention.toImage(ops, projectOut.apply(ops, h), shape[2], shape[3]));
    }

    private interface Projection {
        <T> T apply(Ops<T> ops, T sequence);
    }

    private static Projection projection(Scope scope, String name, int channels, boolean linear) {
        return linear
                ? new OfLinear(scope.linear(name, channels, channels, true))
                : new OfConvolution(scope.conv(name, channels, channels, 1, 1, 0));
    }

    private record OfLinear(Linear layer) implements Projection {
        @Override
        public <T> T apply(Ops<T> ops, T sequence) {
            return layer.apply(ops, sequence);
        }
    }

    /** A 1x1 convolution is a linear layer on every pixel: its weight [C, C, 1, 1] is used as [C, C]. */
    private record OfConvolution(Conv2d layer) implements Projection {
        @Override
        public <T> T apply(Ops<T> ops, T sequence) {
            T w = ops.weight(layer.name() + ".weight", layer.out(), layer.in(), 1, 1);
            T b = ops.weight(layer.name() + ".bias", layer.out());
            return ops.linear(sequence, ops.reshape(w, layer.out(), layer.in()), b);
        }
    }

    private static final class Block {
        private final LayerNorm norm1;
        private final Attention self;
        private final boolean onlyCross;
        private final LayerNorm norm2;
        private final Attention cross;
        private final LayerNorm norm3;
        private final FeedForward feedForward;

        Block(Scope scope, int width, int heads, int conditionWidth, boolean onlyCross) {
            this.onlyCross = onlyCross;
            this.norm1 = scope.layerNorm("norm1", width, LAYER_NORM_EPS);
            this.self = new Attention(scope.in("attn1"), width, onlyCross ? conditionWidth : width, heads, false);
            this.norm2 = scope.layerNorm("norm2", width, LAYER_NORM_EPS);
            this.cross = new Attention(scope.in("attn2"), width, conditionWidth, heads, false);
            this.norm3 = scope.layerNorm("norm3", width, LAYER_NORM_EPS);
            this.feedForward = new FeedForward(scope.in("ff"), width);
        }

        <T> T apply(Ops<T> ops, T x, T condition) {
            T normed = norm1.apply(ops, x);
            T h = ops.add(x, self.apply(ops, normed, onlyCross ? condition : normed));
            h = ops.add(h, cross.apply(ops, norm2.apply(ops, h), condition));
            return ops.add(h, feedForward.apply(ops, norm3.apply(ops, h)));
        }
    }
}
