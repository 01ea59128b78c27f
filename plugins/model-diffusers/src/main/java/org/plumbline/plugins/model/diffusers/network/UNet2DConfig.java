package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** Reads the configuration of a network without text condition, {@code UNet2DModel}. */
public final class UNet2DConfig {
    private UNet2DConfig() {}

    /** Reads it. */
    public static UNetConfig read(ConfigFile file) {
        UNetFields.refuseWhatWeDoNotHave(file);
        file.only("downsample_type", "conv");
        file.only("upsample_type", "conv");
        file.only("mid_block_type", "UNetMidBlock2D");
        file.ignore("num_train_timesteps");
        List<Integer> channels = file.integers("block_out_channels", List.of(224, 448, 672, 896));
        int stages = channels.size();
        int groups = file.integer("norm_num_groups", 32);
        UNetFields.checkChannels(file, channels, groups);
        double eps = file.number("norm_eps", 1e-5);

        // Here attention_head_dim is what its name says; null means one head.
        int headWidth = file.has("attention_head_dim") || !file.keys().contains("attention_head_dim")
                ? file.integer("attention_head_dim", 8)
                : 0;
        StageAttention attention = new StageAttention.OfPixels(headWidth, groups, eps);
        List<StageAttention> attentions = new ArrayList<>();
        for (int width : channels) {
            if (headWidth < 0 || (headWidth > 0 && width % headWidth != 0)) {
                throw file.bad("attention_head_dim", "a divisor of block_out_channels " + channels);
            }
            attentions.add(attention);
        }
        List<String> downTypes = UNetFields.stageTypes(
                file,
                "down_block_types",
                List.of("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
                stages);
        List<String> upTypes = UNetFields.stageTypes(
                file,
                "up_block_types",
                List.of("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
                stages);
        int[] size = UNetFields.sampleSize(file, stages);
        UNetConfig config = new UNetConfig(
                file.integer("in_channels", 3),
                file.integer("out_channels", 3),
                size[0],
                size[1],
                channels,
                UNetFields.layers(file, stages),
                UNetFields.attentions(
                        file, "down_block_types", downTypes, "DownBlock2D", "AttnDownBlock2D", attentions),
                midAttention(file, headWidth, groups, eps),
                UNetFields.attentions(file, "up_block_types", upTypes, "UpBlock2D", "AttnUpBlock2D", attentions),
                groups,
                eps,
                UNetFields.downsamplePadding(file),
                file.integer("time_embedding_dim", 4 * channels.get(0)),
                file.flag("flip_sin_to_cos", true),
                file.number("freq_shift", 0),
                file.integer("num_class_embeds", 0),
                0);
        file.reportUnread();
        return config;
    }

    private static StageAttention midAttention(ConfigFile file, int headWidth, int groups, double eps) {
        int midGroups = file.integer("attn_norm_num_groups", groups);
        return file.flag("add_attention", true)
                ? new StageAttention.OfPixels(headWidth, midGroups, eps)
                : new StageAttention.None();
    }
}
