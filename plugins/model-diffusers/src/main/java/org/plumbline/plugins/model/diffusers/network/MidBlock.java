package org.plumbline.plugins.model.diffusers.network;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** The narrowest stage: residual block, attention where the network has it, residual block. */
final class MidBlock {
    private final ResnetBlock before;
    private final Optional<ImageAttention> attention;
    private final ResnetBlock after;

    MidBlock(Scope scope, UNetConfig config) {
        int channels = config.channels().get(config.channels().size() - 1);
        this.before = config.resnet(scope.in("resnets", 0), channels, channels);
        this.attention = config.midAttention().build(scope.in("attentions", 0), channels);
        this.after = config.resnet(scope.in("resnets", 1), channels, channels);
    }

    <T> T apply(Ops<T> ops, T x, T time, @Nullable T condition) {
        T h = before.apply(ops, x, time);
        if (attention.isPresent()) {
            h = attention.get().apply(ops, h, condition);
        }
        return ops.boundary(after.apply(ops, ops.boundary(h), time));
    }
}
