package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a CLIP text network.
 *
 * @param vocabulary number of token ids
 * @param positions longest sequence
 * @param width of the token vectors
 * @param projected width of the vector that stands for the whole text
 * @param projects whether that vector is the end token's, mapped linearly; otherwise it is that vector itself
 * @param endToken id of the token whose vector stands for the whole text; {@link #LARGEST}: the one with the largest id
 * @param layers the transformer
 * @param deviation of the embeddings before training
 */
public record ClipTextConfig(
        int vocabulary,
        int positions,
        int width,
        int projected,
        boolean projects,
        int endToken,
        ClipLayers.Config layers,
        double deviation) {
    /** Files from before the end token was written down say 2, which no vocabulary means; the end then has the largest id. */
    public static final int LARGEST = 2;

    /** Reads the configuration of a transformers {@code CLIPTextModel} or {@code CLIPTextModelWithProjection}. */
    public static ClipTextConfig read(ConfigFile file) {
        boolean projects = file.texts("architectures", List.of()).contains("CLIPTextModelWithProjection");
        return read(file, projects);
    }

    /**
     * Reads it.
     *
     * @param projects whether the network ends in a projection
     */
    public static ClipTextConfig read(ConfigFile file, boolean projects) {
        return read(file, projects, file.integer("projection_dim", 512));
    }

    /**
     * Reads it.
     *
     * @param projects whether the network ends in a projection
     * @param projected the width of its result
     */
    public static ClipTextConfig read(ConfigFile file, boolean projects, int projected) {
        file.only("model_type", "clip_text_model");
        int width = file.integer("hidden_size", 512);
        int heads = file.integer("num_attention_heads", 8);
        if (heads < 1 || width % heads != 0) {
            throw file.bad("num_attention_heads", "a divisor of hidden_size " + width);
        }
        return new ClipTextConfig(
                file.integer("vocab_size", 49408),
                file.integer("max_position_embeddings", 77),
                width,
                projects ? projected : width,
                projects,
                file.integer("eos_token_id", 49407),
                new ClipLayers.Config(
                        width,
                        file.integer("intermediate_size", 2048),
                        file.integer("num_hidden_layers", 12),
                        heads,
                        file.number("layer_norm_eps", 1e-5),
                        Activation.read(file, "hidden_act", "quick_gelu"),
                        true,
                        file.number("initializer_factor", 1)),
                file.number("initializer_range", 0.02));
    }
}
