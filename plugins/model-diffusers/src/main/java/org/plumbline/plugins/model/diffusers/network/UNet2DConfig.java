package org.plumbline.plugins.model.diffusers.network;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** Reads the configuration of a network without text condition, {@code UNet2DModel}. */
public final class UNet2DConfig {
    private UNet2DConfig() {}

    /** Reads it. */
    public static UNetConfig read(ConfigFile file) {
        UNetFields.refuseWhatWeDoNotHave(file);
        List<Integer> channels = file.integers("block_out_channels", List.of(224, 448, 672, 896));
        int stages = channels.size();
        int groups = file.integer("norm_num_groups", 32);
        UNetFields.checkChannels(file, channels, groups);
        int timeWidth = file.integer("time_embedding_dim", 4 * channels.get(0));
        ResnetBlock.Style resnet = UNetFields.resnet(file, timeWidth, groups);

        List<UNetFields.StageKind> down = UNetFields.StageKind.choose(
                file,
                "down_block_types",
                List.of("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
                stages,
                UNetFields.StageKind.of("Down", "Attn", resizing(file, "downsample_type")));
        List<UNetFields.StageKind> up = UNetFields.StageKind.choose(
                file,
                "up_block_types",
                List.of("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
                stages,
                UNetFields.StageKind.of("Up", "Attn", resizing(file, "upsample_type")));
        int headWidth = headWidth(file, channels, down, up);
        List<StageAttention> attentions =
                Collections.nCopies(stages, new StageAttention.OfPixels(headWidth, groups, resnet.eps(), 1));
        int[] size = UNetFields.sampleSize(file, stages);
        UNetConfig config = new UNetConfig(
                file.integer("in_channels", 3),
                file.integer("out_channels", 3),
                size[0],
                size[1],
                file.flag("center_input_sample", false),
                channels,
                UNetFields.layers(file, stages),
                UNetFields.attentions(down, attentions),
                UNetFields.resizings(down),
                mid(file, headWidth, resnet),
                UNetFields.attentions(up, attentions),
                UNetFields.resizings(up),
                resnet,
                UNetFields.downsamplePadding(file),
                timeWidth,
                time(file),
                UNetFields.classes(file),
                0,
                Optional.empty());
        file.reportUnread();
        return config;
    }

    /** Here attention_head_dim is what its name says, channels per head; null, written out, means one head. */
    private static int headWidth(
            ConfigFile file, List<Integer> channels, List<UNetFields.StageKind> down, List<UNetFields.StageKind> up) {
        if (!file.has("attention_head_dim") && file.keys().contains("attention_head_dim")) {
            return 0;
        }
        int width = file.integer("attention_head_dim", 8);
        int last = channels.size() - 1;
        for (int i = 0; i <= last; i++) {
            boolean attends = down.get(i).attention() || up.get(last - i).attention();
            boolean mid = i == last && hasMidAttention(file);
            if ((attends || mid) && (width < 1 || channels.get(i) % width != 0)) {
                throw file.bad("attention_head_dim", "a divisor of block_out_channels " + channels);
            }
        }
        return width;
    }

    private static boolean hasMid(ConfigFile file) {
        file.only("mid_block_type", "UNetMidBlock2D");
        return file.has("mid_block_type") || !file.keys().contains("mid_block_type");
    }

    private static boolean hasMidAttention(ConfigFile file) {
        return hasMid(file) && file.flag("add_attention", true);
    }

    private static UNetConfig.Mid mid(ConfigFile file, int headWidth, ResnetBlock.Style resnet) {
        double divisor = UNetFields.midDivisor(file);
        // Without a number of its own the attention of a network that scales and shifts has no norm at all.
        int groups = file.integer("attn_norm_num_groups", resnet.scaleShift() ? 0 : resnet.groups());
        StageAttention attention = hasMidAttention(file)
                ? new StageAttention.OfPixels(headWidth, groups, resnet.eps(), divisor)
                : new StageAttention.None();
        return new UNetConfig.Mid(hasMid(file) ? 2 : 0, attention, divisor);
    }

    private static UNetConfig.Resizing resizing(ConfigFile file, String key) {
        file.only(key, "conv", "resnet");
        return file.text(key, "conv").equals("resnet") ? UNetConfig.Resizing.RESNET : UNetConfig.Resizing.CONVOLUTION;
    }

    private static TimeFeatures.Kind time(ConfigFile file) {
        TimeFeatures.Positional positional = UNetFields.positional(file);
        file.ignore("num_train_timesteps");
        return switch (file.text("time_embedding_type", "positional")) {
            case "positional" -> positional;
            case "fourier" -> new TimeFeatures.Fourier();
            case "learned" -> new TimeFeatures.Learned(file.integer("num_train_timesteps"));
            default -> throw file.unsupported("time_embedding_type", "positional, fourier, learned");
        };
    }
}
