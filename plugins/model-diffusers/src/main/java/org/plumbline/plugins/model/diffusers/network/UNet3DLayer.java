package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * One layer of a stage of a {@link UNet3D}: a residual block on each frame, a convolution over the frames, and in stages
 * with attention that of each frame's pixels to one another and to the condition, then that of the frames.
 */
final class UNet3DLayer {
    private final ResnetBlock resnet;
    private final TemporalConvolution convolution;
    private final @Nullable Transformer attention;
    private final @Nullable TemporalTransformer temporalAttention;

    /**
     * Declares the layer.
     *
     * @param scope of the stage, which lists its layers by kind
     * @param index of the layer in the stage
     */
    UNet3DLayer(Scope scope, int index, UNet3DConfig config, int in, int out, boolean attends) {
        Frames frames = new Frames(config.frames());
        int heads = out / config.headWidth();
        this.resnet =
                new ResnetBlock(scope.in("resnets", index), in, out, config.timeWidth(), config.groups(), config.eps());
        this.convolution = new TemporalConvolution(scope.in("temp_convs", index), frames, out, config.groups());
        this.attention = attends
                ? new Transformer(
                        scope.in("attentions", index), out, heads, 1, config.conditionWidth(), true, config.groups())
                : null;
        this.temporalAttention = attends
                ? new TemporalTransformer(
                        scope.in("temp_attentions", index), frames, out, heads, config.headWidth(), config.groups())
                : null;
    }

    /**
     * [batch x frames, in, height, width] to [batch x frames, out, height, width].
     *
     * @param time [batch x frames, timeWidth]
     * @param condition [batch x frames, length, conditionWidth]
     */
    <T> T apply(Ops<T> ops, T x, T time, T condition) {
        T h = convolution.apply(ops, resnet.apply(ops, x, time));
        if (attention != null && temporalAttention != null) {
            h = temporalAttention.apply(ops, attention.apply(ops, h, condition));
        }
        return ops.boundary(h);
    }
}
