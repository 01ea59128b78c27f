package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/**
 * Attention over time (diffusers: TransformerTemporalModel): the frames of each pixel are a sequence, which attends to
 * itself twice and passes a feed-forward network, with a residual connection. It does not know the order of the frames;
 * {@link TemporalConvolution} tells it, whose zero padding marks the ends.
 */
final class TemporalTransformer {
    private static final double GROUP_NORM_EPS = 1e-6;

    private final Frames frames;
    private final GroupNorm norm;
    private final Linear projectIn;
    private final TransformerBlock block;
    private final Linear projectOut;

    /** Declares the layers; inside, the sequence is {@code heads} times {@code headWidth} wide. */
    TemporalTransformer(Scope scope, Frames frames, int channels, int heads, int headWidth, int groups) {
        int inner = heads * headWidth;
        this.frames = frames;
        this.norm = scope.groupNorm("norm", groups, channels, GROUP_NORM_EPS);
        this.projectIn = scope.linear("proj_in", channels, inner, true);
        this.block = new TransformerBlock(scope.in("transformer_blocks", 0), inner, heads, inner);
        this.projectOut = scope.linear("proj_out", inner, channels, true);
    }

    /** [batch x frames, channels, height, width] to the same. */
    <T> T apply(Ops<T> ops, T x) {
        long[] shape = ops.shape(x);
        T normed = norm.apply(ops, frames.together(ops, x));
        T sequence = ops.reshape(ops.transpose(normed, 0, 3, 4, 2, 1), -1, frames.count(), shape[1]);
        T h = projectOut.apply(ops, block.apply(ops, projectIn.apply(ops, sequence), null));
        T pixels = ops.reshape(h, -1, shape[2], shape[3], frames.count(), shape[1]);
        T images = ops.reshape(ops.transpose(pixels, 0, 3, 4, 1, 2), -1, shape[1], shape[2], shape[3]);
        return ops.add(x, images);
    }
}
