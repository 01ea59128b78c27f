package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** Self-attention of the pixels with a residual connection: the attention of unconditional networks (Ho et al. 2020). */
final class PixelAttention implements ImageAttention {
    private final GroupNorm norm;
    private final Attention attention;

    PixelAttention(Scope scope, int channels, int heads, int groups, double eps) {
        this.norm = scope.groupNorm("group_norm", groups, channels, eps);
        this.attention = new Attention(scope, channels, channels, heads, true);
    }

    @Override
    public <T> T apply(Ops<T> ops, T x, @Nullable T condition) {
        long[] shape = ops.shape(x);
        // The norm's groups run over channels and pixels, so it makes no difference that it comes before the
        // flattening.
        T sequence = ImageAttention.toSequence(ops, norm.apply(ops, x));
        T attended = attention.apply(ops, sequence, sequence);
        return ops.add(x, ImageAttention.toImage(ops, attended, shape[2], shape[3]));
    }
}
