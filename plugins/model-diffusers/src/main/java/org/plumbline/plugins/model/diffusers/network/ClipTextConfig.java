package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a CLIP text network.
 *
 * @param vocabulary number of token ids
 * @param positions longest sequence
 * @param width of the token vectors
 * @param inner width inside the feed-forward networks
 * @param quickGelu whether their activation is x sigmoid(1.702 x); otherwise the exact GELU
 * @param deviation of the embeddings before training
 * @param initialScale factor on the other initial deviations
 */
public record ClipTextConfig(
        int vocabulary,
        int positions,
        int width,
        int inner,
        int layers,
        int heads,
        double eps,
        boolean quickGelu,
        double deviation,
        double initialScale) {
    /** Reads the configuration of a transformers {@code CLIPTextModel}. */
    public static ClipTextConfig read(ConfigFile file) {
        file.only("model_type", "clip_text_model");
        file.only("hidden_act", "quick_gelu", "gelu");
        ClipTextConfig config = new ClipTextConfig(
                file.integer("vocab_size", 49408),
                file.integer("max_position_embeddings", 77),
                file.integer("hidden_size", 512),
                file.integer("intermediate_size", 2048),
                file.integer("num_hidden_layers", 12),
                file.integer("num_attention_heads", 8),
                file.number("layer_norm_eps", 1e-5),
                file.text("hidden_act", "quick_gelu").equals("quick_gelu"),
                file.number("initializer_range", 0.02),
                file.number("initializer_factor", 1));
        if (config.heads < 1 || config.width % config.heads != 0) {
            throw file.bad("num_attention_heads", "a divisor of hidden_size " + config.width);
        }
        return config;
    }
}
