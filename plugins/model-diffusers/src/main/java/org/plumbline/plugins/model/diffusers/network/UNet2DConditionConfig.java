package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
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

        // The option that is called attention_head_dim holds the NUMBER of heads: a slip that the files have kept.
        List<Integer> heads = file.integerOrList("attention_head_dim", stages, 8);
        List<Integer> depths = file.integerOrList("transformer_layers_per_block", stages, 1);
        List<Integer> widths = file.integerOrList("cross_attention_dim", stages, 1280);
        if (new HashSet<>(widths).size() > 1) {
            throw file.unsupported("cross_attention_dim", "one width for all stages");
        }
        boolean linear = file.flag("use_linear_projection", false);

        List<StageAttention> attentions = new ArrayList<>();
        for (int i = 0; i < stages; i++) {
            if (heads.get(i) < 1 || channels.get(i) % heads.get(i) != 0) {
                throw file.bad("attention_head_dim", "divisors of block_out_channels " + channels);
            }
            attentions.add(new StageAttention.ToCondition(heads.get(i), depths.get(i), widths.get(i), linear, groups));
        }
        List<String> downTypes = UNetFields.stageTypes(
                file,
                "down_block_types",
                List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                stages);
        List<String> upTypes = UNetFields.stageTypes(
                file,
                "up_block_types",
                List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
                stages);
        List<StageAttention> mirrored = new ArrayList<>(attentions);
        Collections.reverse(mirrored);
        int[] size = UNetFields.sampleSize(file, stages);
        UNetConfig config = new UNetConfig(
                file.integer("in_channels", 4),
                file.integer("out_channels", 4),
                size[0],
                size[1],
                channels,
                UNetFields.layers(file, stages),
                UNetFields.attentions(
                        file, "down_block_types", downTypes, "DownBlock2D", "CrossAttnDownBlock2D", attentions),
                attentions.get(stages - 1),
                UNetFields.attentions(file, "up_block_types", upTypes, "UpBlock2D", "CrossAttnUpBlock2D", mirrored),
                groups,
                file.number("norm_eps", 1e-5),
                UNetFields.downsamplePadding(file),
                file.integer("time_embedding_dim", 4 * channels.get(0)),
                file.flag("flip_sin_to_cos", true),
                file.number("freq_shift", 0),
                0,
                widths.get(0));
        file.reportUnread();
        return config;
    }

    private static void refuseWhatWeDoNotHave(ConfigFile file) {
        UNetFields.refuseWhatWeDoNotHave(file);
        file.only("mid_block_type", "UNetMidBlock2DCrossAttn");
        file.only("only_cross_attention", false);
        file.only("mid_block_only_cross_attention", false);
        file.only("dual_cross_attention", false);
        file.only("encoder_hid_dim");
        file.only("encoder_hid_dim_type");
        file.only("num_attention_heads");
        file.only("num_class_embeds");
        file.only("addition_embed_type");
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
        file.ignore(
                "upcast_attention",
                "addition_time_embed_dim",
                "addition_embed_type_num_heads",
                "projection_class_embeddings_input_dim");
    }
}
