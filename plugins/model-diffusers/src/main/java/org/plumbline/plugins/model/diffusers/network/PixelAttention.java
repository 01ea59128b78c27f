package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** Self-attention of the pixels with a residual connection: the attention of unconditional networks (Ho et al. 2020). */
final class PixelAttention implements ImageAttention {
    private final @Nullable GroupNorm norm;
    private final Attention attention;
    private final double divisor;

    /**
     * Declares the layers.
     *
     * @param groups of the norm; 0: there is no norm
     * @param divisor of the result
     */
    PixelAttention(Scope scope, int channels, int heads, int groups, double eps, double divisor) {
        this.norm = groups == 0 ? null : scope.groupNorm("group_norm", groups, channels, eps);
        this.attention = new Attention(scope, channels, channels, heads, true);
        this.divisor = divisor;
    }

    @Override
    public <T> T apply(Ops<T> ops, T x, @Nullable T condition) {
        long[] shape = ops.shape(x);
        // The norm's groups run over channels and pixels, so it makes no difference that it comes before the
        // flattening.
        T sequence = ImageAttention.toSequence(ops, norm == null ? x : norm.apply(ops, x));
        T attended = attention.apply(ops, sequence, sequence);
        T sum = ops.add(x, ImageAttention.toImage(ops, attended, shape[2], shape[3]));
        return divisor == 1 ? sum : ops.scale(sum, 1 / divisor);
    }
}
