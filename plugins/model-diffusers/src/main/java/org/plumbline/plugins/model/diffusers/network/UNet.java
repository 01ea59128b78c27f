package org.plumbline.plugins.model.diffusers.network;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The denoiser: stages of falling size, the narrowest stage, stages of growing size, each of these fed with what its
 * counterpart on the way down computed. UNet2DConditionModel and UNet2DModel of diffusers are both this network; they
 * differ in the attention of their stages.
 */
public final class UNet implements DenoiserNetwork {
    private final Conv2d convIn;
    private final TimestepEmbedding timeEmbedding;
    private final @Nullable ClassEmbedding classEmbedding;
    private final @Nullable TextTimeEmbedding addedEmbedding;
    private final List<DownBlock> down = new ArrayList<>();
    private final MidBlock mid;
    private final List<UpBlock> up = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;
    private final boolean dividedByLabel;
    private final UNetConfig config;

    /**
     * What a network is conditioned on; each is null if the network does not take it.
     *
     * @param text [batch, length, conditionWidth]
     * @param classes [batch, classWidth]
     * @param pooled [batch, width of the prompt's vector], with {@code numbers}
     * @param numbers [batch, {@link TextTime#NUMBERS}]
     */
    record Conditions<T>(
            @Nullable T text,
            @Nullable T classes,
            @Nullable T pooled,
            @Nullable T numbers) {}

    /** Declares all weights in the scope. */
    public UNet(Scope scope, UNetConfig config) {
        this.config = config;
        int first = config.channels().get(0);
        this.convIn = scope.conv("conv_in", config.in(), first, 3, 1, 1);
        TimeFeatures features = config.time().build(scope, first);
        this.timeEmbedding = new TimestepEmbedding(scope.in("time_embedding"), features, config.timeWidth());
        this.classEmbedding = config.classes()
                .map(classes -> classes.build(scope, features, config.timeWidth()))
                .orElse(null);
        this.addedEmbedding = config.textTime().isPresent() && config.time() instanceof TimeFeatures.Positional kind
                ? new TextTimeEmbedding(
                        scope.in("add_embedding"), config.textTime().get(), kind, config.timeWidth())
                : null;
        int stages = config.channels().size();
        for (int i = 0; i < stages; i++) {
            down.add(new DownBlock(scope.in("down_blocks", i), config, i));
        }
        this.mid = new MidBlock(scope.in("mid_block"), config);
        for (int i = 0; i < stages; i++) {
            up.add(new UpBlock(scope.in("up_blocks", i), config, i));
        }
        this.normOut = scope.groupNorm(
                "conv_norm_out",
                config.resnet().groups(),
                first,
                config.resnet().eps());
        this.convOut = scope.conv("conv_out", first, config.out(), 3, 1, 1);
        // A label of Fourier features is a noise level, and the network's output is then the noise over that level.
        this.dividedByLabel = config.time() instanceof TimeFeatures.Fourier;
    }

    @Override
    public UNetConfig config() {
        return config;
    }

    @Override
    public <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition) {
        return apply(ops, sample, label, conditions(ops, label, condition));
    }

    /** The parts of a condition. */
    <T> Conditions<T> conditions(Ops<T> ops, T label, @Nullable T condition) {
        if (condition == null) {
            return new Conditions<>(null, null, null, null);
        }
        if (config.conditioning() instanceof Conditioning.Text text) {
            PackedCondition packed = text.packedIn(ops.shape(condition)[1]);
            T tokens = packed.tokens(ops, condition);
            return text.pooled() == 0
                    ? new Conditions<>(tokens, null, null, null)
                    : new Conditions<>(tokens, null, packed.pooled(ops, condition), numbers(ops, label));
        }
        return new Conditions<>(null, ops.reshape(condition, -1, config.classWidth()), null, null);
    }

    /** The same for every row. */
    private <T> T numbers(Ops<T> ops, T label) {
        TextTime textTime = config.textTime().orElseThrow();
        T zeros = ops.scale(ops.reshape(label, -1, 1), 0);
        return ops.add(zeros, ops.constant(textTime.numbers(config.height(), config.width()), 1, TextTime.NUMBERS));
    }

    /**
     * Applies the network to its conditions one by one.
     *
     * @param sample [batch, in, height, width]
     * @param label time labels, [batch]
     * @return [batch, out, height, width]
     */
    <T> T apply(Ops<T> ops, T sample, T label, Conditions<T> conditions) {
        T out = applyToWaves(ops, sample, timeEmbedding.waves(ops, label), conditions);
        return dividedByLabel ? ops.div(out, ops.reshape(label, -1, 1, 1, 1)) : out;
    }

    /** Like {@link #apply}, with the sinusoidal part of the time embedding instead of the labels. */
    <T> T applyToWaves(Ops<T> ops, T sample, T waves, Conditions<T> conditions) {
        T time = timeEmbedding.apply(ops, waves);
        if (classEmbedding != null) {
            time = ops.add(time, classEmbedding.apply(ops, requireNonNull(conditions.classes(), "classes")));
        }
        if (addedEmbedding != null) {
            T pooled = requireNonNull(conditions.pooled(), "pooled");
            T numbers = requireNonNull(conditions.numbers(), "numbers");
            time = ops.add(time, addedEmbedding.apply(ops, pooled, numbers));
        }
        T input = config.centered() ? ops.shift(ops.scale(sample, 2), -1) : sample;
        T h = ops.boundary(convIn.apply(ops, input));
        List<T> results = new ArrayList<>(List.of(h));
        for (DownBlock block : down) {
            h = block.apply(ops, h, time, conditions.text(), results);
        }
        Deque<T> skips = new ArrayDeque<>();
        results.forEach(skips::push);
        h = mid.apply(ops, h, time, conditions.text());
        for (UpBlock block : up) {
            h = block.apply(ops, h, time, conditions.text(), skips);
        }
        return convOut.apply(ops, ops.silu(normOut.apply(ops, h)));
    }
}
