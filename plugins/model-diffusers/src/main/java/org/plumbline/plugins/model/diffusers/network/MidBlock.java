package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** The narrowest stage: residual block, attention where the network has it, residual block. */
final class MidBlock {
    private final List<ResnetBlock> resnets = new ArrayList<>();
    private final Optional<ImageAttention> attention;

    MidBlock(Scope scope, UNetConfig config) {
        this(
                scope,
                config.channels().get(config.channels().size() - 1),
                config.resnet().dividedBy(config.mid().divisor()),
                config.mid());
    }

    MidBlock(Scope scope, int channels, ResnetBlock.Style style, UNetConfig.Mid config) {
        for (int i = 0; i < config.resnets(); i++) {
            resnets.add(
                    new ResnetBlock(scope.in("resnets", i), channels, channels, style, ResnetBlock.Resampling.KEEP));
        }
        this.attention = config.attention().build(scope.in("attentions", 0), channels);
    }

    /**
     * [batch, channels, height, width] to the same.
     *
     * @param time [batch, timeWidth]; null if the network has none
     */
    <T> T apply(Ops<T> ops, T x, @Nullable T time, @Nullable T condition) {
        T h = x;
        for (int i = 0; i < resnets.size(); i++) {
            if (i == 1 && attention.isPresent()) {
                h = ops.boundary(attention.get().apply(ops, h, condition));
            }
            h = ops.boundary(resnets.get(i).apply(ops, h, time));
        }
        return h;
    }
}
