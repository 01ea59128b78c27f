package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of an {@link Autoencoder}.
 *
 * @param in channels of the picture that is encoded
 * @param out channels of the picture that is decoded
 * @param latent channels of the latent
 * @param channels of each stage of the encoder; the decoder has them in reverse
 * @param layers residual blocks of each stage of the encoder; one more in the decoder
 * @param groups of every norm
 * @param midAttention whether the narrowest stages have attention
 * @param quantConv whether a 1x1 convolution follows the encoder
 * @param postQuantConv whether one comes before the decoder
 * @param scaling factor from what the encoder says to what the denoiser sees, behind the shift
 * @param shift taken off what the encoder says
 * @param sampleSize height and width of the pictures it was trained on
 */
public record AutoencoderConfig(
        int in,
        int out,
        int latent,
        List<Integer> channels,
        int layers,
        int groups,
        boolean midAttention,
        boolean quantConv,
        boolean postQuantConv,
        double scaling,
        double shift,
        int sampleSize) {
    private static final double EPS = 1e-6;

    public AutoencoderConfig {
        channels = List.copyOf(channels);
    }

    /** Reads the configuration of an {@code AutoencoderKL}. */
    public static AutoencoderConfig read(ConfigFile file) {
        file.only("act_fn", "silu", "swish");
        file.only("latents_mean");
        file.only("latents_std");
        List<Integer> channels = file.integers("block_out_channels", List.of(64));
        int stages = channels.size();
        int groups = file.integer("norm_num_groups", 32);
        UNetFields.checkWidths(file, channels, groups);
        checkStages(file, "down_block_types", "DownEncoderBlock2D", stages);
        checkStages(file, "up_block_types", "UpDecoderBlock2D", stages);
        int layers = file.integer("layers_per_block", 1);
        if (layers < 1) {
            throw file.bad("layers_per_block", "at least 1");
        }
        double scaling = file.number("scaling_factor", 0.18215);
        if (!(scaling > 0)) {
            throw file.bad("scaling_factor", "above 0");
        }
        // Only tells float16 pipelines to decode in float32, which is what happens here in any case.
        file.ignore("force_upcast");
        AutoencoderConfig config = new AutoencoderConfig(
                file.integer("in_channels", 3),
                file.integer("out_channels", 3),
                file.integer("latent_channels", 4),
                channels,
                layers,
                groups,
                file.flag("mid_block_add_attention", true),
                file.flag("use_quant_conv", true),
                file.flag("use_post_quant_conv", true),
                scaling,
                file.number("shift_factor", 0),
                file.integerOrList("sample_size", 2, 32).get(0));
        file.reportUnread();
        return config;
    }

    private static void checkStages(ConfigFile file, String key, String type, int stages) {
        List<String> types = file.texts(key, List.of(type));
        if (types.size() != stages) {
            throw file.bad(key, "a list of " + stages + ", as long as block_out_channels");
        }
        if (!types.stream().allMatch(type::equals)) {
            throw file.unsupported(key, type);
        }
    }

    /** Pixels per number of the latent, in both directions. */
    public int pixelSize() {
        return 1 << (channels.size() - 1);
    }

    ResnetBlock.Style resnet() {
        return ResnetBlock.Style.plain(0, groups, EPS);
    }

    /** The narrowest stage: one head of attention between two blocks. */
    UNetConfig.Mid mid() {
        StageAttention attention =
                midAttention ? new StageAttention.OfPixels(0, groups, EPS, 1) : new StageAttention.None();
        return new UNetConfig.Mid(2, attention, 1);
    }

    GroupNorm norm(Scope scope, int width) {
        return scope.groupNorm("conv_norm_out", groups, width, EPS);
    }
}
