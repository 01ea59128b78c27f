package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * A stage on the way up: residual blocks, each fed with a result of the way down beside the running one and followed by
 * attention where the stage has it, then twice the size.
 */
final class UpBlock {
    private final List<ResnetBlock> resnets = new ArrayList<>();
    private final List<ImageAttention> attentions = new ArrayList<>();
    private final @Nullable Conv2d upsample;
    private final @Nullable ResnetBlock upsampleResnet;

    /**
     * Declares the stage.
     *
     * @param stage counted on the way up, 0 at the narrowest
     */
    UpBlock(Scope scope, UNetConfig config, int stage) {
        int stages = config.channels().size();
        int mirrored = stages - 1 - stage;
        int out = config.channels().get(mirrored);
        int previous = config.channels().get(Math.min(mirrored + 1, stages - 1));
        int outermostSkip = config.channels().get(Math.max(mirrored - 1, 0));
        int count = config.layers().get(mirrored) + 1;
        StageAttention attention = config.upAttention().get(stage);
        for (int i = 0; i < count; i++) {
            int skip = i == count - 1 ? outermostSkip : out;
            resnets.add(config.resnet(scope.in("resnets", i), (i == 0 ? previous : out) + skip, out));
            attention.build(scope.in("attentions", i), out).ifPresent(attentions::add);
        }
        boolean last = stage == stages - 1;
        boolean byResnet = config.upResizing().get(stage) == UNetConfig.Resizing.RESNET;
        Scope end = scope.in("upsamplers", 0);
        this.upsample = last || byResnet ? null : end.conv("conv", out, out, 3, 1, 1);
        this.upsampleResnet = last || !byResnet ? null : config.resnet(end, out, out, ResnetBlock.Resampling.DOUBLE);
    }

    /**
     * Applies the stage.
     *
     * @param skips the results of the way down, the latest on top; those that this stage needs are taken off
     */
    <T> T apply(Ops<T> ops, T x, T time, @Nullable T condition, Deque<T> skips) {
        T h = x;
        for (int i = 0; i < resnets.size(); i++) {
            h = resnets.get(i).apply(ops, ops.concat(1, List.of(h, skips.pop())), time);
            if (!attentions.isEmpty()) {
                h = attentions.get(i).apply(ops, h, condition);
            }
            h = ops.boundary(h);
        }
        if (upsample != null) {
            return ops.boundary(upsample.apply(ops, ops.upsampleNearest2x(h)));
        }
        return upsampleResnet == null ? h : ops.boundary(upsampleResnet.apply(ops, h, time));
    }
}
