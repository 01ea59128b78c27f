package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** Reads the configuration of a text-conditioned network, {@code UNet2DConditionModel}. */
public final class UNet2DConditionConfig {
    private UNet2DConditionConfig() {}

    /** Reads it. */
    public static UNetConfig read(ConfigFile file) {
        refuseWhatWeDoNotHave(file);
        List<Integer> channels = file.integers("block_out_channels", List.of(320, 640, 1280, 1280));
        int stages = channels.size();
        int groups = file.integer("norm_num_groups", 32);
        UNetFields.checkChannels(file, channels, groups);
        int timeWidth = file.integer("time_embedding_dim", 4 * channels.get(0));
        ResnetBlock.Style resnet = UNetFields.resnet(file, timeWidth, groups);

        List<UNetFields.StageKind> down = UNetFields.StageKind.choose(
                file,
                "down_block_types",
                List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                stages,
                UNetFields.StageKind.of("Down", "CrossAttn", UNetConfig.Resizing.CONVOLUTION));
        List<UNetFields.StageKind> up = UNetFields.StageKind.choose(
                file,
                "up_block_types",
                List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
                stages,
                UNetFields.StageKind.of("Up", "CrossAttn", UNetConfig.Resizing.CONVOLUTION));
        int conditionWidth = conditionWidth(file, stages);
        List<StageAttention> attentions = attentions(file, channels, down, conditionWidth, groups);
        List<StageAttention> mirrored = new ArrayList<>(attentions);
        Collections.reverse(mirrored);
        int[] size = UNetFields.sampleSize(file, stages);
        UNetConfig config = new UNetConfig(
                file.integer("in_channels", 4),
                file.integer("out_channels", 4),
                size[0],
                size[1],
                file.flag("center_input_sample", false),
                channels,
                UNetFields.layers(file, stages),
                UNetFields.attentions(down, attentions),
                UNetFields.resizings(down),
                mid(file, attentions.get(stages - 1)),
                UNetFields.attentions(up, mirrored),
                UNetFields.resizings(up),
                resnet,
                UNetFields.downsamplePadding(file),
                timeWidth,
                UNetFields.positional(file),
                UNetFields.classes(file),
                conditionWidth,
                textTime(file));
        file.reportUnread();
        return config;
    }

    private static int conditionWidth(ConfigFile file, int stages) {
        List<Integer> widths = file.integerOrList("cross_attention_dim", stages, 1280);
        if (new HashSet<>(widths).size() > 1) {
            throw file.unsupported("cross_attention_dim", "one width for all stages");
        }
        return widths.get(0);
    }

    /** Of every stage, on the way down, whether it has attention or not. */
    private static List<StageAttention> attentions(
            ConfigFile file, List<Integer> channels, List<UNetFields.StageKind> kinds, int conditionWidth, int groups) {
        int stages = channels.size();
        // The option that is called attention_head_dim holds the NUMBER of heads: a slip that the files have kept.
        List<Integer> heads = file.integerOrList("attention_head_dim", stages, 8);
        List<Integer> depths = file.integerOrList("transformer_layers_per_block", stages, 1);
        List<Boolean> onlyCross = file.flagOrList("only_cross_attention", stages, false);
        boolean linear = file.flag("use_linear_projection", false);
        List<StageAttention> attentions = new ArrayList<>();
        for (int i = 0; i < stages; i++) {
            boolean used = kinds.get(i).attention() || i == stages - 1;
            if (used && (heads.get(i) < 1 || channels.get(i) % heads.get(i) != 0)) {
                throw file.bad("attention_head_dim", "divisors of block_out_channels " + channels);
            }
            if (depths.get(i) < 1 && used) {
                throw file.bad("transformer_layers_per_block", "at least 1");
            }
            attentions.add(new StageAttention.ToCondition(
                    heads.get(i), depths.get(i), conditionWidth, linear, onlyCross.get(i), groups));
        }
        return attentions;
    }

    private static UNetConfig.Mid mid(ConfigFile file, StageAttention last) {
        file.only("mid_block_type", "UNetMidBlock2DCrossAttn", "UNetMidBlock2D");
        double divisor = UNetFields.midDivisor(file);
        boolean present = file.has("mid_block_type") || !file.keys().contains("mid_block_type");
        if (!present) {
            return new UNetConfig.Mid(0, new StageAttention.None(), divisor);
        }
        if (file.text("mid_block_type", "UNetMidBlock2DCrossAttn").equals("UNetMidBlock2D")) {
            return new UNetConfig.Mid(1, new StageAttention.None(), divisor);
        }
        StageAttention.ToCondition like = (StageAttention.ToCondition) last;
        // The attention of the narrowest stage always sees the pixels, whatever the other stages do.
        StageAttention attention = new StageAttention.ToCondition(
                like.heads(), like.layers(), like.conditionWidth(), like.linear(), false, like.groups());
        return new UNetConfig.Mid(2, attention, divisor);
    }

    private static Optional<TextTime> textTime(ConfigFile file) {
        file.only("addition_embed_type", "text_time");
        file.ignore("addition_time_embed_dim", "projection_class_embeddings_input_dim");
        if (!file.has("addition_embed_type")) {
            return Optional.empty();
        }
        return Optional.of(new TextTime(
                file.integer("projection_class_embeddings_input_dim"), file.integer("addition_time_embed_dim")));
    }

    private static void refuseWhatWeDoNotHave(ConfigFile file) {
        UNetFields.refuseWhatWeDoNotHave(file);
        file.only("time_embedding_type", "positional");
        file.only("dual_cross_attention", false);
        file.only("encoder_hid_dim");
        file.only("encoder_hid_dim_type");
        file.only("num_attention_heads");
        file.only("reverse_transformer_layers_per_block");
        file.only("resnet_skip_time_act", false);
        file.only("resnet_out_scale_factor", 1);
        file.only("time_embedding_act_fn");
        file.only("timestep_post_act");
        file.only("time_cond_proj_dim");
        file.only("conv_in_kernel", 3);
        file.only("conv_out_kernel", 3);
        file.only("attention_type", "default");
        file.only("class_embeddings_concat", false);
        file.only("cross_attention_norm");
        // upcast_attention only asks for float32 where the rest is float16; the others belong to options refused above.
        file.ignore("upcast_attention", "addition_embed_type_num_heads", "mid_block_only_cross_attention");
    }
}
