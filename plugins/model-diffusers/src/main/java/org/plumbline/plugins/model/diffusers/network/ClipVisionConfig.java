package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a CLIP vision network.
 *
 * @param imageSize height and width of a picture
 * @param patchSize height and width of a patch; divides the picture's
 * @param channels of a picture
 * @param width of the vectors
 * @param projected width of the vector that stands for the whole picture; 0: the network does not project
 * @param layers the transformer
 * @param deviation of the embeddings before training
 */
public record ClipVisionConfig(
        int imageSize,
        int patchSize,
        int channels,
        int width,
        int projected,
        ClipLayers.Config layers,
        double deviation) {
    /**
     * Reads the configuration of a transformers {@code CLIPVisionModel}.
     *
     * @param projects whether the network ends in a projection, as {@code CLIPVisionModelWithProjection} does
     */
    public static ClipVisionConfig read(ConfigFile file, boolean projects) {
        return read(file, projects ? file.integer("projection_dim", 512) : 0);
    }

    /**
     * Reads it.
     *
     * @param projected width of the projection; 0: the network does not project
     */
    public static ClipVisionConfig read(ConfigFile file, int projected) {
        file.only("model_type", "clip_vision_model");
        int width = file.integer("hidden_size", 768);
        int heads = file.integer("num_attention_heads", 12);
        if (heads < 1 || width % heads != 0) {
            throw file.bad("num_attention_heads", "a divisor of hidden_size " + width);
        }
        int image = file.integer("image_size", 224);
        int patch = file.integer("patch_size", 32);
        if (patch < 1 || image % patch != 0) {
            throw file.bad("patch_size", "a divisor of image_size " + image);
        }
        return new ClipVisionConfig(
                image,
                patch,
                file.integer("num_channels", 3),
                width,
                projected,
                new ClipLayers.Config(
                        width,
                        file.integer("intermediate_size", 3072),
                        file.integer("num_hidden_layers", 12),
                        heads,
                        file.number("layer_norm_eps", 1e-5),
                        Activation.read(file, "hidden_act", "quick_gelu"),
                        false,
                        file.number("initializer_factor", 1)),
                file.number("initializer_range", 0.02));
    }

    /** How many patches a picture has. */
    public int patches() {
        return (imageSize / patchSize) * (imageSize / patchSize);
    }
}
