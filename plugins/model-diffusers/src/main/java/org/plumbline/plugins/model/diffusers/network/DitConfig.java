package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a {@link DitTransformer}.
 *
 * @param in channels of the input
 * @param out channels of the output; twice as many if the variance is predicted too
 * @param size height and width of the latent
 * @param patch height and width of a patch
 * @param width of the vectors
 * @param heads of every attention
 * @param layers how many blocks there are
 * @param classes how many there are, with the last one that means none in particular
 * @param bias whether the projections of attention have one
 * @param eps of the norm before a feed-forward network
 * @param activation of the feed-forward networks
 */
public record DitConfig(
        int in,
        int out,
        int size,
        int patch,
        int width,
        int heads,
        int layers,
        int classes,
        boolean bias,
        double eps,
        Activation activation)
        implements DenoiserConfig {
    /** Reads the configuration of a {@code DiTTransformer2DModel}. */
    public static DitConfig read(ConfigFile file) {
        file.only("norm_type", "ada_norm_zero");
        file.only("norm_elementwise_affine", false);
        file.only("activation_fn", "gelu-approximate", "gelu");
        // Dropout acts in training from scratch only; the other two belong to options that such networks do not use.
        file.ignore("dropout", "norm_num_groups", "upcast_attention");
        int heads = file.integer("num_attention_heads", 16);
        int width = heads * file.integer("attention_head_dim", 72);
        if (heads < 1 || width % 4 != 0) {
            throw file.bad("num_attention_heads", "at least 1, times attention_head_dim a multiple of 4");
        }
        int in = file.integer("in_channels", 4);
        DitConfig config = new DitConfig(
                in,
                file.integer("out_channels", in),
                file.integer("sample_size", 32),
                file.integer("patch_size", 2),
                width,
                heads,
                file.integer("num_layers", 28),
                file.integer("num_embeds_ada_norm", 1000) + 1,
                file.flag("attention_bias", true),
                file.number("norm_eps", 1e-5),
                file.text("activation_fn", "gelu-approximate").equals("gelu") ? Activation.GELU : Activation.GELU_TANH);
        if (config.patch < 1 || config.size % config.patch != 0) {
            throw file.bad("sample_size", "a multiple of patch_size " + config.patch);
        }
        file.reportUnread();
        return config;
    }

    @Override
    public long[] sampleShape() {
        return new long[] {in, size, size};
    }

    @Override
    public Conditioning conditioning() {
        return new Conditioning.OfClass(classes, classes);
    }

    @Override
    public DitTransformer build(Scope scope) {
        return new DitTransformer(scope, this);
    }
}
