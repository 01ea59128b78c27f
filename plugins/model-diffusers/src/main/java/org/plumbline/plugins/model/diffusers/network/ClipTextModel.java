package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.graph.Ops;

/**
 * The text network of CLIP (Radford et al. 2021): a transformer in which a token sees only itself and those before it. The
 * result is the last layer's, after the final norm. Weights are drawn, before training, as transformers does.
 */
public final class ClipTextModel {
    private final ClipTextConfig config;
    private final String tokenTable;
    private final String positionTable;
    private final List<Layer> layers = new ArrayList<>();
    private final LayerNorm finalNorm;

    /** Declares all weights in the scope. */
    public ClipTextModel(Scope scope, ClipTextConfig config) {
        this.config = config;
        Scope model = scope.in("text_model");
        Scope embeddings = model.in("embeddings");
        Initialiser start = Initialiser.normal(config.deviation() * config.initialScale());
        this.tokenTable = embeddings.weight("token_embedding.weight", start, config.vocabulary(), config.width());
        this.positionTable = embeddings.weight("position_embedding.weight", start, config.positions(), config.width());
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new Layer(model.in("encoder").in("layers", i), config));
        }
        this.finalNorm = model.layerNorm("final_layer_norm", config.width(), config.eps());
    }

    /** What it was built from. */
    public ClipTextConfig config() {
        return config;
    }

    /**
     * Applies the network.
     *
     * @param tokens ids, [batch, length] with length up to the configuration's positions
     * @return [batch, length, width]
     */
    public <T> T apply(Ops<T> ops, T tokens) {
        long length = ops.shape(tokens)[1];
        T h = ops.embedding(ops.weight(tokenTable, config.vocabulary(), config.width()), tokens);
        T positions = ops.slice(ops.weight(positionTable, config.positions(), config.width()), 0, 0, length);
        h = ops.add(h, ops.reshape(positions, 1, length, config.width()));
        for (Layer layer : layers) {
            h = layer.apply(ops, h);
        }
        return finalNorm.apply(ops, h);
    }

    private static final class Layer {
        private final int heads;
        private final boolean quickGelu;
        private final LayerNorm norm1;
        private final Linear q;
        private final Linear k;
        private final Linear v;
        private final Linear out;
        private final LayerNorm norm2;
        private final Linear fc1;
        private final Linear fc2;

        Layer(Scope scope, ClipTextConfig config) {
            int width = config.width();
            this.heads = config.heads();
            this.quickGelu = config.quickGelu();
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
                    Attention.splitHeads(ops, q.apply(ops, normed), heads),
                    Attention.splitHeads(ops, k.apply(ops, normed), heads),
                    Attention.splitHeads(ops, v.apply(ops, normed), heads),
                    true);
            T h = ops.add(x, out.apply(ops, Attention.join(ops, attended)));
            T inner = fc1.apply(ops, norm2.apply(ops, h));
            return ops.add(h, fc2.apply(ops, quickGelu ? ops.quickGelu(inner) : ops.gelu(inner)));
        }
    }
}
