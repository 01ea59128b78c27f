package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The denoiser of videos (diffusers: UNet3DConditionModel): a U-Net for images, applied to every frame, between whose
 * layers the frames of a video meet, by convolution and by attention over time.
 */
public final class UNet3D implements DenoiserNetwork {
    /** Heads of the attention over time at the entrance, whatever the configuration says. */
    private static final int ENTRANCE_HEADS = 8;

    private final UNet3DConfig config;
    private final Frames frames;
    private final Conv2d convIn;
    private final TimestepEmbedding timeEmbedding;
    private final TemporalTransformer transformerIn;
    private final List<Stage> down = new ArrayList<>();
    private final Middle middle;
    private final List<Stage> up = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;

    /** Layers, and what changes the size of the image after them. */
    private record Stage(
            List<UNet3DLayer> layers,
            @Nullable Downsample downsample,
            @Nullable Conv2d upsample) {}

    /** Declares all weights in the scope. */
    public UNet3D(Scope scope, UNet3DConfig config) {
        this.config = config;
        this.frames = new Frames(config.frames());
        int first = config.channels().get(0);
        this.convIn = scope.conv("conv_in", config.in(), first, 3, 1, 1);
        this.timeEmbedding = new TimestepEmbedding(scope.in("time_embedding"), first, config.timeWidth(), true, 0);
        this.transformerIn = new TemporalTransformer(
                scope.in("transformer_in"), frames, first, ENTRANCE_HEADS, config.headWidth(), config.groups());
        int stages = config.channels().size();
        for (int i = 0; i < stages; i++) {
            down.add(downStage(scope.in("down_blocks", i), config, i));
        }
        this.middle = new Middle(scope.in("mid_block"), config);
        for (int i = 0; i < stages; i++) {
            up.add(upStage(scope.in("up_blocks", i), config, i));
        }
        this.normOut = scope.groupNorm("conv_norm_out", config.groups(), first, config.eps());
        this.convOut = scope.conv("conv_out", first, config.out(), 3, 1, 1);
    }

    private static Stage downStage(Scope scope, UNet3DConfig config, int stage) {
        int in = config.channels().get(Math.max(0, stage - 1));
        int out = config.channels().get(stage);
        List<UNet3DLayer> layers = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            boolean attends = config.downAttention().get(stage);
            layers.add(new UNet3DLayer(scope, i, config, i == 0 ? in : out, out, attends));
        }
        boolean last = stage == config.channels().size() - 1;
        return new Stage(
                layers,
                last ? null : new Downsample(scope.in("downsamplers", 0), out, config.downsamplePadding()),
                null);
    }

    /** A stage on the way up, counted from the narrowest. */
    private static Stage upStage(Scope scope, UNet3DConfig config, int stage) {
        int stages = config.channels().size();
        int mirrored = stages - 1 - stage;
        int out = config.channels().get(mirrored);
        int previous = config.channels().get(Math.min(mirrored + 1, stages - 1));
        int outermostSkip = config.channels().get(Math.max(mirrored - 1, 0));
        List<UNet3DLayer> layers = new ArrayList<>();
        for (int i = 0; i <= config.layers(); i++) {
            int skip = i == config.layers() ? outermostSkip : out;
            int in = (i == 0 ? previous : out) + skip;
            layers.add(new UNet3DLayer(
                    scope, i, config, in, out, config.upAttention().get(stage)));
        }
        boolean last = stage == stages - 1;
        return new Stage(layers, null, last ? null : scope.in("upsamplers", 0).conv("conv", out, out, 3, 1, 1));
    }

    @Override
    public UNet3DConfig config() {
        return config;
    }

    /**
     * Applies the network.
     *
     * @param sample [batch, in, frames, height, width]
     * @param label time labels, [batch]
     * @param condition [batch, length, conditionWidth]
     * @return [batch, out, frames, height, width]
     */
    @Override
    public <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition) {
        return applyToWaves(ops, sample, timeEmbedding.waves(ops, label), Objects.requireNonNull(condition));
    }

    /** Like {@link #apply}, with the sinusoidal part of the time embedding instead of the labels. */
    <T> T applyToWaves(Ops<T> ops, T sample, T waves, T condition) {
        T time = frames.repeat(ops, timeEmbedding.apply(ops, waves));
        T text = frames.repeat(ops, condition);
        T h = convIn.apply(ops, frames.apart(ops, sample));
        h = ops.boundary(transformerIn.apply(ops, h));
        Deque<T> skips = new ArrayDeque<>(List.of(h));
        for (Stage stage : down) {
            for (UNet3DLayer layer : stage.layers) {
                h = layer.apply(ops, h, time, text);
                skips.push(h);
            }
            if (stage.downsample != null) {
                h = ops.boundary(stage.downsample.apply(ops, h));
                skips.push(h);
            }
        }
        h = middle.apply(ops, h, time, text);
        for (Stage stage : up) {
            for (UNet3DLayer layer : stage.layers) {
                h = layer.apply(ops, ops.concat(1, List.of(h, skips.pop())), time, text);
            }
            if (stage.upsample != null) {
                h = ops.boundary(stage.upsample.apply(ops, ops.upsampleNearest2x(h)));
            }
        }
        return frames.together(ops, convOut.apply(ops, ops.silu(normOut.apply(ops, h))));
    }

    /** The narrowest stage: a layer with attention, in which a residual block and a convolution follow once more. */
    private static final class Middle {
        private final UNet3DLayer first;
        private final UNet3DLayer second;

        Middle(Scope scope, UNet3DConfig config) {
            int channels = config.channels().get(config.channels().size() - 1);
            this.first = new UNet3DLayer(scope, 0, config, channels, channels, true);
            this.second = new UNet3DLayer(scope, 1, config, channels, channels, false);
        }

        <T> T apply(Ops<T> ops, T x, T time, T condition) {
            return second.apply(ops, first.apply(ops, x, time, condition), time, condition);
        }
    }
}
