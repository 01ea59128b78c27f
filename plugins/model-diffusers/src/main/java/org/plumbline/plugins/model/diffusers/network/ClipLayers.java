package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.graph.Ops;

/**
 * The transformer that both networks of CLIP are made of: layers of self-attention and a feed-forward network, each behind
 * a norm and with a residual connection. Weights are drawn, before training, as transformers does.
 */
final class ClipLayers {
    private final List<Layer> layers = new ArrayList<>();

    /**
     * Its sizes.
     *
     * @param width of the vectors
     * @param inner width inside the feed-forward networks
     * @param layers how many there are
     * @param heads of every attention
     * @param eps of every norm
     * @param activation of the feed-forward networks
     * @param causal whether a vector sees only itself and those before it
     * @param initialScale factor on the deviations before training
     */
    record Config(
            int width,
            int inner,
            int layers,
            int heads,
            double eps,
            Activation activation,
            boolean causal,
            double initialScale) {}

    /** Declares {@code encoder.layers}. */
    ClipLayers(Scope scope, Config config) {
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new Layer(scope.in("encoder").in("layers", i), config));
        }
    }

    /** Applies all layers, [batch, length, width]. */
    <T> T apply(Ops<T> ops, T x) {
        return last(ops, allButLast(ops, x));
    }

    /** Applies all layers but the last. */
    <T> T allButLast(Ops<T> ops, T x) {
        T h = x;
        for (Layer layer : layers.subList(0, layers.size() - 1)) {
            h = ops.boundary(layer.apply(ops, h));
        }
        return h;
    }

    /** Applies the last layer to the result of {@link #allButLast}. */
    <T> T last(Ops<T> ops, T x) {
        return ops.boundary(layers.get(layers.size() - 1).apply(ops, x));
    }

    private static final class Layer {
        private final Config config;
        private final LayerNorm norm1;
        private final Linear q;
        private final Linear k;
        private final Linear v;
        private final Linear out;
        private final LayerNorm norm2;
        private final Linear fc1;
        private final Linear fc2;

        Layer(Scope scope, Config config) {
            this.config = config;
            int width = config.width();
            // Layers that write to the residual stream, or feed attention scores, start smaller in deep networks.
            double outward = config.initialScale() / Math.sqrt(width);
            Initialiser intoStream = Initialiser.normal(outward / Math.sqrt(2.0 * config.layers()));
            Initialiser zero = Initialiser.constant(0);
            Scope attention = scope.in("self_attn");
            this.k = attention.linear("k_proj", width, width, true, intoStream, zero);
            this.v = attention.linear("v_proj", width, width, true, intoStream, zero);
            this.q = attention.linear("q_proj", width, width, true, intoStream, zero);
            this.out = attention.linear("out_proj", width, width, true, Initialiser.normal(outward), zero);
            this.norm1 = scope.layerNorm("layer_norm1", width, config.eps());
            Scope mlp = scope.in("mlp");
            Initialiser inner = Initialiser.normal(config.initialScale() / Math.sqrt(2.0 * width));
            this.fc1 = mlp.linear("fc1", width, config.inner(), true, inner, zero);
            this.fc2 = mlp.linear("fc2", config.inner(), width, true, intoStream, zero);
            this.norm2 = scope.layerNorm("layer_norm2", width, config.eps());
        }

        <T> T apply(Ops<T> ops, T x) {
            T normed = norm1.apply(ops, x);
            T attended = ops.attention(
                    Attention.splitHeads(ops, q.apply(ops, normed), config.heads()),
                    Attention.splitHeads(ops, k.apply(ops, normed), config.heads()),
                    Attention.splitHeads(ops, v.apply(ops, normed), config.heads()),
                    config.causal());
            T h = ops.add(x, out.apply(ops, Attention.join(ops, attended)));
            T inner = fc1.apply(ops, norm2.apply(ops, h));
            return ops.add(h, fc2.apply(ops, config.activation().apply(ops, inner)));
        }
    }
}
