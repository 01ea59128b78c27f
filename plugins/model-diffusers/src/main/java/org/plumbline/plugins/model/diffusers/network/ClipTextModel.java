package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;

/** The text network of CLIP (Radford et al. 2021): a transformer in which a token sees only itself and those before it. */
public final class ClipTextModel {
    private final ClipTextConfig config;
    private final String tokenTable;
    private final String positionTable;
    private final ClipLayers layers;
    private final LayerNorm finalNorm;
    private final @Nullable Linear projection;

    /** What one can ask it for. */
    public enum Output {
        /** The last layer's vectors behind the final norm, [batch, length, width]. */
        LAST,
        /** The vectors of the layer before the last, as they are, [batch, length, width]. */
        PENULTIMATE,
        /** The end token's vector behind the final norm, [batch, width]. */
        POOLED,
        /** The same, mapped linearly where the network does so, [batch, projected]. */
        PROJECTED
    }

    /** Declares all weights in the scope. */
    public ClipTextModel(Scope scope, ClipTextConfig config) {
        this.config = config;
        Scope model = scope.in("text_model");
        Scope embeddings = model.in("embeddings");
        Initialiser start =
                Initialiser.normal(config.deviation() * config.layers().initialScale());
        this.tokenTable = embeddings.weight("token_embedding.weight", start, config.vocabulary(), config.width());
        this.positionTable = embeddings.weight("position_embedding.weight", start, config.positions(), config.width());
        this.layers = new ClipLayers(model, config.layers());
        this.finalNorm = model.layerNorm(
                "final_layer_norm", config.width(), config.layers().eps());
        this.projection =
                config.projects() ? scope.linear("text_projection", config.width(), config.projected(), false) : null;
    }

    /** What it was built from. */
    public ClipTextConfig config() {
        return config;
    }

    /** The last layer's vectors behind the final norm: [batch, length] to [batch, length, width]. */
    public <T> T apply(Ops<T> ops, T tokens) {
        return apply(ops, tokens, Output.LAST);
    }

    /**
     * Applies the network.
     *
     * @param tokens ids, [batch, length] with length up to the configuration's positions
     */
    public <T> T apply(Ops<T> ops, T tokens, Output output) {
        T embedded = embed(ops, tokens);
        if (output == Output.PENULTIMATE) {
            return layers.allButLast(ops, embedded);
        }
        T last = layers.apply(ops, embedded);
        return output == Output.LAST ? finalNorm.apply(ops, last) : whole(ops, tokens, last, output);
    }

    /** The vectors of the layer before the last, and the projected vector of the whole text. */
    <T> Both<T> both(Ops<T> ops, T tokens) {
        T penultimate = layers.allButLast(ops, embed(ops, tokens));
        T last = layers.last(ops, penultimate);
        return new Both<>(penultimate, whole(ops, tokens, last, Output.PROJECTED));
    }

    /** See {@link #both}. */
    record Both<T>(T penultimate, T projected) {}

    private <T> T embed(Ops<T> ops, T tokens) {
        long length = ops.shape(tokens)[1];
        T h = ops.embedding(ops.weight(tokenTable, config.vocabulary(), config.width()), tokens);
        T positions = ops.slice(ops.weight(positionTable, config.positions(), config.width()), 0, 0, length);
        return ops.add(h, ops.reshape(positions, 1, length, config.width()));
    }

    private <T> T whole(Ops<T> ops, T tokens, T last, Output output) {
        long length = ops.shape(tokens)[1];
        T end = ops.reshape(firstEnd(ops, tokens), -1, 1, length);
        T pooled = ops.reshape(ops.matmul(end, finalNorm.apply(ops, last)), -1, config.width());
        return projection == null || output == Output.POOLED ? pooled : projection.apply(ops, pooled);
    }

    /** 1 at the first end token and 0 elsewhere, [batch, length]. */
    private <T> T firstEnd(Ops<T> ops, T tokens) {
        int length = Math.toIntExact(ops.shape(tokens)[1]);
        T distance;
        if (config.endToken() == ClipTextConfig.LARGEST) {
            T row = ops.reshape(tokens, -1, 1, 1, length);
            T largest = ops.maxPool2d(row, 1, length, Window.of(1, 0));
            distance = ops.sub(ops.reshape(largest, -1, 1), tokens);
        } else {
            T difference = ops.shift(tokens, -config.endToken());
            distance = ops.add(ops.relu(difference), ops.relu(ops.scale(difference, -1)));
        }
        T isEnd = ops.relu(ops.shift(ops.scale(distance, -1), 1)); // ids are whole: 1 or 0
        double[] upTo = new double[length * length];
        for (int from = 0; from < length; from++) {
            for (int to = from; to < length; to++) {
                upTo[from * length + to] = 1;
            }
        }
        T count = ops.matmul(isEnd, ops.constant(upTo, length, length));
        return ops.mul(isEnd, ops.clamp(ops.shift(ops.scale(count, -1), 2), 0, 1));
    }
}
