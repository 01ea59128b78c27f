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

    private final GroupNorm norm;
    private final Projection projectIn;
    private final List<TransformerBlock> blocks;
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
            blocks.add(new TransformerBlock(
                    scope.in("transformer_blocks", i), channels, heads, conditionWidth, onlyCross));
        }
        this.projectOut = projection(scope, "proj_out", channels, linear);
    }

    @Override
    public <T> T apply(Ops<T> ops, T x, @Nullable T condition) {
        Objects.requireNonNull(condition, "condition");
        long[] shape = ops.shape(x);
        T h = projectIn.apply(ops, ImageAttention.toSequence(ops, norm.apply(ops, x)));
        for (TransformerBlock block : blocks) {
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

    private record OfConvolution(Conv2d layer) implements Projection {
        @Override
        public <T> T apply(Ops<T> ops, T sequence) {
            return layer.applyToSequence(ops, sequence);
        }
    }
}
