package org.plumbline.plugins.model.diffusers.network;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The transformer that is conditioned on classes (Peebles and Xie 2023; diffusers: DiTTransformer2DModel): patches of the
 * latent attend to one another, modulated by the time and the class.
 */
public final class DitTransformer implements DenoiserNetwork {
    private static final int TIME_WAVES = 256;
    private static final double EPS = 1e-6;

    private final DitConfig config;
    private final Patches patches;
    private final List<Block> blocks = new ArrayList<>();
    private final Modulation outModulation;
    private final Linear projectOut;

    /** Declares all weights in the scope. */
    public DitTransformer(Scope scope, DitConfig config) {
        this.config = config;
        int width = config.width();
        this.patches = new Patches(
                scope.in("pos_embed"), new Patches.Config(config.size(), config.patch(), config.in(), width, 0));
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(new Block(scope.in("transformer_blocks", i), config));
        }
        this.outModulation = new Modulation(scope.linear("proj_out_1", width, 2 * width, true), 2);
        this.projectOut = scope.linear("proj_out_2", width, config.patch() * config.patch() * config.out(), true);
    }

    @Override
    public DitConfig config() {
        return config;
    }

    @Override
    public <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition) {
        T classes = ops.reshape(requireNonNull(condition, "condition"), -1, config.classes());
        T h = patches.apply(ops, sample);
        for (Block block : blocks) {
            h = ops.boundary(block.apply(ops, h, label, classes));
        }
        // The first block's embedding of time and class serves the end too.
        T vectors = outModulation.apply(ops, blocks.get(0).condition(ops, label, classes));
        T out = Modulation.modulate(ops, Modulation.norm(ops, h, EPS), vectors, 0, 1);
        return patches.together(ops, projectOut.apply(ops, out), config.out());
    }

    /** Attention and a feed-forward network, with an embedding of time and class of its own. */
    private static final class Block {
        private final DitConfig config;
        private final TimestepEmbedding timeEmbedding;
        private final String classTable;
        private final Modulation modulation;
        private final Attention attention;
        private final PlainFeedForward feedForward;

        Block(Scope scope, DitConfig config) {
            this.config = config;
            int width = config.width();
            Scope norm = scope.in("norm1");
            Scope embed = norm.in("emb");
            this.timeEmbedding = new TimestepEmbedding(embed.in("timestep_embedder"), TIME_WAVES, width, true, 1);
            this.classTable = embed.in("class_embedder")
                    .weight("embedding_table.weight", Initialiser.normal(1), config.classes(), width);
            this.modulation = new Modulation(norm, width, 6);
            this.attention = new Attention(scope.in("attn1"), width, width, config.heads(), config.bias());
            this.feedForward = new PlainFeedForward(scope.in("ff"), width, config.activation());
        }

        /** [batch, width]. */
        <T> T condition(Ops<T> ops, T label, T classes) {
            T time = timeEmbedding.apply(ops, timeEmbedding.waves(ops, label));
            return ops.add(time, ops.matmul(classes, ops.weight(classTable, config.classes(), config.width())));
        }

        <T> T apply(Ops<T> ops, T x, T label, T classes) {
            T vectors = modulation.apply(ops, condition(ops, label, classes));
            T normed = Modulation.modulate(ops, Modulation.norm(ops, x, EPS), vectors, 0, 1);
            T h = Modulation.addGated(ops, x, attention.apply(ops, normed, normed), vectors, 2);
            T inner = Modulation.modulate(ops, Modulation.norm(ops, h, config.eps()), vectors, 3, 4);
            return Modulation.addGated(ops, h, feedForward.apply(ops, inner), vectors, 5);
        }
    }
}
