package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;

/**
 * The vision network of CLIP (Radford et al. 2021): a picture becomes a sequence of patches behind one learned vector, whose
 * place in the last layer stands for the whole picture.
 */
public final class ClipVisionModel {
    private final ClipVisionConfig config;
    private final String classVector;
    private final String patchKernel;
    private final String positionTable;
    private final LayerNorm preNorm;
    private final ClipLayers layers;
    private final LayerNorm postNorm;
    private final @Nullable Linear projection;

    /** What one can ask it for. */
    public enum Output {
        /** The last layer's vectors, [batch, 1 + patches, width]. */
        LAST,
        /** The vectors of the layer before the last, [batch, 1 + patches, width]. */
        PENULTIMATE,
        /** The first of the last vectors behind the final norm, [batch, width]. */
        POOLED,
        /** The same, mapped linearly where the network does so, [batch, projected]. */
        PROJECTED
    }

    /** Declares all weights in the scope. */
    public ClipVisionModel(Scope scope, ClipVisionConfig config) {
        this.config = config;
        int width = config.width();
        double scale = config.layers().initialScale();
        Scope model = scope.in("vision_model");
        Scope embeddings = model.in("embeddings");
        this.classVector = embeddings.weight("class_embedding", Initialiser.normal(scale / Math.sqrt(width)), width);
        Initialiser start = Initialiser.normal(config.deviation() * scale);
        this.patchKernel = embeddings.weight(
                "patch_embedding.weight", start, width, config.channels(), config.patchSize(), config.patchSize());
        this.positionTable = embeddings.weight("position_embedding.weight", start, 1L + config.patches(), width);
        double eps = config.layers().eps();
        this.preNorm = model.layerNorm("pre_layrnorm", width, eps); // so spelled in the files
        this.layers = new ClipLayers(model, config.layers());
        this.postNorm = model.layerNorm("post_layernorm", width, eps);
        this.projection =
                config.projected() == 0 ? null : scope.linear("visual_projection", width, config.projected(), false);
    }

    /** What it was built from. */
    public ClipVisionConfig config() {
        return config;
    }

    /**
     * Applies the network.
     *
     * @param picture [batch, channels, imageSize, imageSize], normalised as the network expects
     */
    public <T> T apply(Ops<T> ops, T picture, Output output) {
        T h = preNorm.apply(ops, embed(ops, picture));
        if (output == Output.PENULTIMATE) {
            return layers.allButLast(ops, h);
        }
        T last = layers.apply(ops, h);
        if (output == Output.LAST) {
            return last;
        }
        T first = ops.reshape(ops.slice(last, 1, 0, 1), -1, config.width());
        T pooled = postNorm.apply(ops, first);
        return projection == null || output == Output.POOLED ? pooled : projection.apply(ops, pooled);
    }

    private <T> T embed(Ops<T> ops, T picture) {
        int width = config.width();
        int patch = config.patchSize();
        T kernel = ops.weight(patchKernel, width, config.channels(), patch, patch);
        T patches = ImageAttention.toSequence(ops, ops.conv2d(picture, kernel, null, Window.of(patch, 0), 1));
        // The learned vector comes first in every row: a place is made for it, and it is added there.
        long length = 1L + config.patches();
        T places = ops.pad2d(ops.reshape(patches, -1, 1, config.patches(), width), 0, 0, 1, 0);
        T vector = ops.reshape(ops.weight(classVector, width), 1, 1, 1, width);
        T first = ops.pad2d(vector, 0, 0, 0, config.patches());
        T positions = ops.reshape(ops.weight(positionTable, length, width), 1, 1, length, width);
        return ops.reshape(ops.add(places, ops.add(first, positions)), -1, length, width);
    }
}
