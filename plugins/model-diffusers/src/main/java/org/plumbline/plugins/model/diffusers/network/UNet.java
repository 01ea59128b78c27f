package org.plumbline.plugins.model.diffusers.network;

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
    private final @Nullable String classEmbedding;
    private final List<DownBlock> down = new ArrayList<>();
    private final MidBlock mid;
    private final List<UpBlock> up = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;
    private final UNetConfig config;

    /** Declares all weights in the scope. */
    public UNet(Scope scope, UNetConfig config) {
        this.config = config;
        int first = config.channels().get(0);
        this.convIn = scope.conv("conv_in", config.in(), first, 3, 1, 1);
        this.timeEmbedding = new TimestepEmbedding(
                scope.in("time_embedding"), first, config.timeWidth(), config.cosineFirst(), config.frequencyShift());
        this.classEmbedding = config.classes() == 0
                ? null
                : scope.weight("class_embedding.weight", Initialiser.normal(1), config.classes(), config.timeWidth());
        int stages = config.channels().size();
        for (int i = 0; i < stages; i++) {
            down.add(new DownBlock(scope.in("down_blocks", i), config, i));
        }
        this.mid = new MidBlock(scope.in("mid_block"), config);
        for (int i = 0; i < stages; i++) {
            up.add(new UpBlock(scope.in("up_blocks", i), config, i));
        }
        this.normOut = scope.groupNorm("conv_norm_out", config.groups(), first, config.eps());
        this.convOut = scope.conv("conv_out", first, config.out(), 3, 1, 1);
    }

    @Override
    public UNetConfig config() {
        return config;
    }

    /**
     * Applies the network.
     *
     * @param sample [batch, in, height, width]
     * @param label time labels, [batch]
     * @param condition [batch, length, conditionWidth]; null if the network takes none
     * @param classes class labels, [batch, 1]; null if the network takes none
     * @return [batch, out, height, width]
     */
    @Override
    public <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition, @Nullable T classes) {
        return applyToWaves(ops, sample, timeEmbedding.waves(ops, label), condition, classes);
    }

    /** Like {@link #apply}, with the sinusoidal part of the time embedding instead of the labels. */
    <T> T applyToWaves(Ops<T> ops, T sample, T waves, @Nullable T condition, @Nullable T classes) {
        T time = timeEmbedding.apply(ops, waves);
        if (classEmbedding != null && classes != null) {
            T table = ops.weight(classEmbedding, config.classes(), config.timeWidth());
            T embedded = ops.embedding(table, classes);
            time = ops.add(time, ops.reshape(embedded, -1, config.timeWidth()));
        }
        T h = ops.boundary(convIn.apply(ops, sample));
        List<T> results = new ArrayList<>(List.of(h));
        for (DownBlock block : down) {
            h = block.apply(ops, h, time, condition, results);
        }
        Deque<T> skips = new ArrayDeque<>();
        results.forEach(skips::push);
        h = mid.apply(ops, h, time, condition);
        for (UpBlock block : up) {
            h = block.apply(ops, h, time, condition, skips);
        }
        return convOut.apply(ops, ops.silu(normOut.apply(ops, h)));
    }
}
