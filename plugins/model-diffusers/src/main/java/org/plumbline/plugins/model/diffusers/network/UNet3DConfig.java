package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a {@link UNet3D}, a text-conditioned network for videos, {@code UNet3DConditionModel}.
 *
 * <p>A folder of diffusers does not say how many frames its videos have; there it is an argument of the pipeline. Here it
 * is one more option of the network's config.json, {@code sample_frames}.
 *
 * @param in channels of the input
 * @param out channels of the output
 * @param frames of a video
 * @param height rows of a frame
 * @param width columns of a frame
 * @param channels of each stage on the way down
 * @param layers residual blocks of each stage on the way down; one more on the way up
 * @param downAttention whether each stage on the way down has attention
 * @param upAttention whether each stage on the way up has attention, the narrowest first
 * @param headWidth channels per head of every attention
 * @param groups of every group norm
 * @param eps of the group norms of residual blocks
 * @param downsamplePadding 0 or 1; see {@link Downsample}
 * @param conditionWidth width of the condition
 */
public record UNet3DConfig(
        int in,
        int out,
        int frames,
        int height,
        int width,
        List<Integer> channels,
        int layers,
        List<Boolean> downAttention,
        List<Boolean> upAttention,
        int headWidth,
        int groups,
        double eps,
        int downsamplePadding,
        int conditionWidth)
        implements DenoiserConfig {
    /** The option that diffusers does not have. */
    private static final String FRAMES = "sample_frames";

    public UNet3DConfig {
        channels = List.copyOf(channels);
        downAttention = List.copyOf(downAttention);
        upAttention = List.copyOf(upAttention);
    }

    /** Reads it. */
    public static UNet3DConfig read(ConfigFile file) {
        file.only("act_fn", "silu", "swish");
        file.only("mid_block_scale_factor", 1);
        file.only("num_attention_heads");
        file.only("time_cond_proj_dim");
        List<Integer> channels = file.integers("block_out_channels", List.of(320, 640, 1280, 1280));
        int stages = channels.size();
        int groups = file.integer("norm_num_groups", 32);
        UNetFields.checkChannels(file, channels, groups);
        // Here, other than in UNet2DConditionModel, attention_head_dim is what its name says.
        int headWidth = file.integer("attention_head_dim", 64);
        if (headWidth < 1 || channels.stream().anyMatch(width -> width % headWidth != 0)) {
            throw file.bad("attention_head_dim", "a divisor of block_out_channels " + channels);
        }
        int layers = file.integer("layers_per_block", 2);
        if (layers < 1) {
            throw file.bad("layers_per_block", "at least 1");
        }
        int[] size = UNetFields.sampleSize(file, stages);
        if (!file.has(FRAMES) || file.integer(FRAMES) < 1) {
            throw file.bad(FRAMES, "the number of frames of a video, which diffusers leaves to its pipelines");
        }
        UNet3DConfig config = new UNet3DConfig(
                file.integer("in_channels", 4),
                file.integer("out_channels", 4),
                file.integer(FRAMES),
                size[0],
                size[1],
                channels,
                layers,
                attention(file, "down_block_types", stages, "DownBlock3D", "CrossAttnDownBlock3D"),
                attention(file, "up_block_types", stages, "UpBlock3D", "CrossAttnUpBlock3D"),
                headWidth,
                groups,
                file.number("norm_eps", 1e-5),
                UNetFields.downsamplePadding(file),
                file.integer("cross_attention_dim", 1024));
        file.reportUnread();
        return config;
    }

    private static List<Boolean> attention(ConfigFile file, String key, int stages, String without, String with) {
        if (!file.has(key)) {
            throw file.bad(key, "a list of " + without + " and " + with);
        }
        List<Boolean> attention = new ArrayList<>();
        for (String type : UNetFields.stageTypes(file, key, List.of(), stages)) {
            if (!type.equals(with) && !type.equals(without)) {
                throw file.unsupported(key, without + ", " + with);
            }
            attention.add(type.equals(with));
        }
        return attention;
    }

    /** Width of the time embedding. */
    int timeWidth() {
        return 4 * channels.get(0);
    }

    @Override
    public long[] sampleShape() {
        return new long[] {in, frames, height, width};
    }

    @Override
    public Conditioning conditioning() {
        return new Conditioning.Text(conditionWidth, 0);
    }

    @Override
    public UNet3D build(Scope scope) {
        return new UNet3D(scope, this);
    }
}
