package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * Two normalised convolutions with a residual connection. The time embedding, where there is one, moves the channels between
 * them; the block may also halve or double the image before its first convolution.
 */
final class ResnetBlock {
    private final Style style;
    private final Resampling resampling;
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final @Nullable Linear timeProjection;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    private final @Nullable Conv2d shortcut;

    /**
     * What the residual blocks of a network have in common.
     *
     * @param timeWidth of the time embedding; 0: there is none
     * @param groups of the norms
     * @param eps of the norms
     * @param scaleShift whether the time embedding scales and shifts behind the second norm; otherwise it is added before it
     * @param divisor of the result
     */
    record Style(int timeWidth, int groups, double eps, boolean scaleShift, double divisor) {
        /** A time embedding that is added, and a plain sum. */
        static Style plain(int timeWidth, int groups, double eps) {
            return new Style(timeWidth, groups, eps, false, 1);
        }

        Style dividedBy(double other) {
            return new Style(timeWidth, groups, eps, scaleShift, other);
        }
    }

    /** What a block does to height and width. */
    enum Resampling {
        /** Nothing. */
        KEEP,
        /** Means of 2 x 2 pixels. */
        HALVE,
        /** Every pixel twice in both directions. */
        DOUBLE;

        <T> T apply(Ops<T> ops, T x) {
            return switch (this) {
                case KEEP -> x;
                case HALVE -> ops.avgPool2d(x, 2);
                case DOUBLE -> ops.upsampleNearest2x(x);
            };
        }
    }

    ResnetBlock(Scope scope, int in, int out, int timeWidth, int groups, double eps) {
        this(scope, in, out, Style.plain(timeWidth, groups, eps), Resampling.KEEP);
    }

    ResnetBlock(Scope scope, int in, int out, Style style, Resampling resampling) {
        this.style = style;
        this.resampling = resampling;
        this.norm1 = scope.groupNorm("norm1", style.groups(), in, style.eps());
        this.conv1 = scope.conv("conv1", in, out, 3, 1, 1);
        this.timeProjection = style.timeWidth() == 0
                ? null
                : scope.linear("time_emb_proj", style.timeWidth(), style.scaleShift() ? 2 * out : out, true);
        this.norm2 = scope.groupNorm("norm2", style.groups(), out, style.eps());
        this.conv2 = scope.conv("conv2", out, out, 3, 1, 1);
        this.shortcut = in == out ? null : scope.conv("conv_shortcut", in, out, 1, 1, 0);
    }

    /**
     * [batch, in, height, width] to [batch, out, height, width], or half or twice of both.
     *
     * @param time [batch, timeWidth]; null if there is none
     */
    <T> T apply(Ops<T> ops, T x, @Nullable T time) {
        T h = resampling.apply(ops, ops.silu(norm1.apply(ops, x)));
        h = inTime(ops, conv1.apply(ops, h), time);
        h = conv2.apply(ops, ops.silu(h));
        T kept = resampling.apply(ops, x);
        T sum = ops.add(shortcut == null ? kept : shortcut.apply(ops, kept), h);
        return style.divisor() == 1 ? sum : ops.scale(sum, 1 / style.divisor());
    }

    /** The second norm, with the time embedding before or behind it. */
    private <T> T inTime(Ops<T> ops, T h, @Nullable T time) {
        if (timeProjection == null || time == null) {
            return norm2.apply(ops, h);
        }
        T moved = timeProjection.apply(ops, ops.silu(time));
        moved = ops.reshape(moved, -1, timeProjection.out(), 1, 1);
        if (!style.scaleShift()) {
            return norm2.apply(ops, ops.add(h, moved));
        }
        int channels = conv1.out();
        T scale = ops.shift(ops.slice(moved, 1, 0, channels), 1);
        T shift = ops.slice(moved, 1, channels, 2L * channels);
        return ops.add(ops.mul(norm2.apply(ops, h), scale), shift);
    }
}
