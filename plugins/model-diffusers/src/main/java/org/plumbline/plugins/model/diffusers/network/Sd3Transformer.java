package org.plumbline.plugins.model.diffusers.network;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The transformer of Stable Diffusion 3 (Esser et al. 2024; diffusers: SD3Transformer2DModel): patches of the latent and
 * tokens of the prompt pass {@link JointBlock}s, modulated by the time and by the vector of the whole prompt.
 */
public final class Sd3Transformer implements DenoiserNetwork {
    private static final int TIME_WAVES = 256;
    private static final double EPS = 1e-6;

    private final Sd3Config config;
    private final Patches patches;
    private final TimestepEmbedding timeEmbedding;
    private final TwoLayers textEmbedding;
    private final Linear contextEmbedding;
    private final List<JointBlock> blocks = new ArrayList<>();
    private final Modulation outModulation;
    private final Linear projectOut;

    /** Declares all weights in the scope. */
    public Sd3Transformer(Scope scope, Sd3Config config) {
        this.config = config;
        int width = config.width();
        this.patches = new Patches(
                scope.in("pos_embed"),
                new Patches.Config(config.size(), config.patch(), config.in(), width, config.largest()));
        Scope embed = scope.in("time_text_embed");
        this.timeEmbedding = new TimestepEmbedding(embed.in("timestep_embedder"), TIME_WAVES, width, true, 0);
        this.textEmbedding = new TwoLayers(embed.in("text_embedder"), config.pooledWidth(), width);
        this.contextEmbedding = scope.linear("context_embedder", config.conditionWidth(), width, true);
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(new JointBlock(
                    scope.in("transformer_blocks", i),
                    width,
                    config.heads(),
                    config.norms(),
                    config.dual().contains(i),
                    i == config.layers() - 1));
        }
        this.outModulation = new Modulation(scope.in("norm_out"), width, 2);
        this.projectOut = scope.linear("proj_out", width, config.patch() * config.patch() * config.out(), true);
    }

    @Override
    public Sd3Config config() {
        return config;
    }

    @Override
    public <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition) {
        T packedCondition = requireNonNull(condition, "condition");
        PackedCondition packed = new Conditioning.Text(config.conditionWidth(), config.pooledWidth())
                .packedIn(ops.shape(packedCondition)[1]);
        return apply(ops, sample, label, packed.tokens(ops, packedCondition), packed.pooled(ops, packedCondition));
    }

    /**
     * Applies the network to its conditions one by one.
     *
     * @param sample [batch, in, size, size]
     * @param label time labels, [batch]
     * @param tokens [batch, length, conditionWidth]
     * @param pooled [batch, pooledWidth]
     * @return [batch, out, size, size]
     */
    <T> T apply(Ops<T> ops, T sample, T label, T tokens, T pooled) {
        T time = timeEmbedding.apply(ops, timeEmbedding.waves(ops, label));
        T condition = ops.add(time, textEmbedding.apply(ops, pooled));
        JointBlock.Both<T> h = new JointBlock.Both<>(patches.apply(ops, sample), contextEmbedding.apply(ops, tokens));
        for (JointBlock block : blocks) {
            JointBlock.Both<T> next = block.apply(ops, h, condition);
            h = new JointBlock.Both<>(ops.boundary(next.image()), ops.boundary(next.text()));
        }
        T vectors = outModulation.apply(ops, condition);
        T out = Modulation.modulate(ops, Modulation.norm(ops, h.image(), EPS), vectors, 1, 0);
        return patches.together(ops, projectOut.apply(ops, out), config.out());
    }
}
