package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** A stage on the way down: residual blocks, each followed by attention where the stage has it, then half the size. */
final class DownBlock {
    private final List<ResnetBlock> resnets = new ArrayList<>();
    private final List<ImageAttention> attentions = new ArrayList<>();
    private final @Nullable Downsample downsample;
    private final @Nullable ResnetBlock downsampleResnet;

    DownBlock(Scope scope, UNetConfig config, int stage) {
        int in = config.channels().get(Math.max(0, stage - 1));
        int out = config.channels().get(stage);
        StageAttention attention = config.downAttention().get(stage);
        for (int i = 0; i < config.layers().get(stage); i++) {
            resnets.add(config.resnet(scope.in("resnets", i), i == 0 ? in : out, out));
            attention.build(scope.in("attentions", i), out).ifPresent(attentions::add);
        }
        boolean last = stage == config.channels().size() - 1;
        boolean byResnet = config.downResizing().get(stage) == UNetConfig.Resizing.RESNET;
        Scope end = scope.in("downsamplers", 0);
        this.downsample = last || byResnet ? null : new Downsample(end, out, config.downsamplePadding());
        this.downsampleResnet = last || !byResnet ? null : config.resnet(end, out, out, ResnetBlock.Resampling.HALVE);
    }

    /**
     * Applies the stage.
     *
     * @param skips receives every intermediate result, for the way up
     */
    <T> T apply(Ops<T> ops, T x, T time, @Nullable T condition, List<T> skips) {
        T h = x;
        for (int i = 0; i < resnets.size(); i++) {
            h = resnets.get(i).apply(ops, h, time);
            if (!attentions.isEmpty()) {
                h = attentions.get(i).apply(ops, h, condition);
            }
            h = ops.boundary(h);
            skips.add(h);
        }
        if (downsample != null) {
            h = ops.boundary(downsample.apply(ops, h));
            skips.add(h);
        } else if (downsampleResnet != null) {
            h = ops.boundary(downsampleResnet.apply(ops, h, time));
            skips.add(h);
        }
        return h;
    }
}
