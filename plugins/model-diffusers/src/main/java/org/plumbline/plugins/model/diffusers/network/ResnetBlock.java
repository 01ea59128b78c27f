package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** Two normalised convolutions, shifted per channel by the time embedding, with a residual connection. */
final class ResnetBlock {
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final Linear timeProjection;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    private final @Nullable Conv2d shortcut;

    ResnetBlock(Scope scope, int in, int out, int timeWidth, int groups, double eps) {
        this.norm1 = scope.groupNorm("norm1", groups, in, eps);
        this.conv1 = scope.conv("conv1", in, out, 3, 1, 1);
        this.timeProjection = scope.linear("time_emb_proj", timeWidth, out, true);
        this.norm2 = scope.groupNorm("norm2", groups, out, eps);
        this.conv2 = scope.conv("conv2", out, out, 3, 1, 1);
        this.shortcut = in == out ? null : scope.conv("conv_shortcut", in, out, 1, 1, 0);
    }

    /**
     * [batch, in, height, width] to [batch, out, height, width].
     *
     * @param time [batch, timeWidth]
     */
    <T> T apply(Ops<T> ops, T x, T time) {
        T h = conv1.apply(ops, ops.silu(norm1.apply(ops, x)));
        T shift = timeProjection.apply(ops, ops.silu(time));
        h = ops.add(h, ops.reshape(shift, -1, timeProjection.out(), 1, 1));
        h = conv2.apply(ops, ops.silu(norm2.apply(ops, h)));
        return ops.add(shortcut == null ? x : shortcut.apply(ops, x), h);
    }
}
