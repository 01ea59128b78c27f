package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class UNetConfigTest {
    private static final String BASE = """
            {"sample_size": 8, "in_channels": 1, "out_channels": 1, "block_out_channels": [16, 32],
             "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
             "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "cross_attention_dim": 12,
             "norm_num_groups": 8, "attention_head_dim": 4 %s}
            """;

    @TempDir
    private Path folder;

    private UNetConfig conditional(String more) throws IOException {
        return UNet2DConditionConfig.read(
                ConfigFile.read(Files.writeString(folder.resolve("config.json"), BASE.formatted(more))));
    }

    @Test
    void attention_head_dim_is_the_number_of_heads() throws IOException {
        assertEquals(
                new StageAttention.ToCondition(4, 1, 12, false, false, 8),
                conditional("").mid().attention());
    }

    @Test
    void lists_give_each_stage_its_own_and_are_mirrored_on_the_way_up() throws IOException {
        String lists = Files.readString(write("""
                {"sample_size": [8, 16], "block_out_channels": [16, 32], "cross_attention_dim": [12, 12],
                 "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
                 "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
                 "norm_num_groups": 8, "attention_head_dim": [2, 4], "transformer_layers_per_block": [1, 3],
                 "layers_per_block": [1, 2], "use_linear_projection": true}
                """));
        UNetConfig config = UNet2DConditionConfig.read(ConfigFile.read(write(lists)));
        StageAttention wide = new StageAttention.ToCondition(2, 1, 12, true, false, 8);
        StageAttention narrow = new StageAttention.ToCondition(4, 3, 12, true, false, 8);
        assertEquals(List.of(wide, narrow), config.downAttention());
        assertEquals(narrow, config.mid().attention());
        assertEquals(List.of(narrow, wide), config.upAttention());
        assertEquals(List.of(1, 2), config.layers());
        assertEquals(8, config.height());
        assertEquals(16, config.width());
        // Built without complaint, and with the layers where they belong.
        Scope scope = Scope.root();
        new UNet(scope, config);
        List<String> linears = scope.layers();
        assertTrue(linears.contains("down_blocks.1.attentions.1.transformer_blocks.2.attn2.to_k"));
        assertTrue(linears.contains("up_blocks.0.attentions.2.transformer_blocks.2.attn1.to_out.0"));
        assertTrue(linears.contains("up_blocks.1.attentions.1.proj_in"));
    }

    private Path write(String json) throws IOException {
        return Files.writeString(folder.resolve("config.json"), json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "act_fn | \"mish\"",
                "addition_embed_type | \"text_image\"",
                "class_embed_type | \"projection\"",
                "encoder_hid_dim | 64",
                "num_attention_heads | 8",
                "mid_block_type | \"UNetMidBlock2DSimpleCrossAttn\"",
                "time_cond_proj_dim | 256",
                "resnet_time_scale_shift | \"spatial\"",
                "time_embedding_type | \"fourier\"",
                "cross_attention_norm | \"layer_norm\"",
                "conv_in_kernel | 1",
                "downsample_padding | 2",
                "dual_cross_attention | true",
                "attention_type | \"gated\"",
            })
    void an_option_that_we_do_not_have_is_refused_by_name(String key, String value) {
        PlumblineException e = assertThrows(PlumblineException.class, () -> conditional(", \"" + key + "\": " + value));
        assertEquals(StandardError.UNSUPPORTED, e.code());
        assertTrue(e.getMessage().contains(key + " = " + value), e.getMessage());
    }

    @Test
    void harmless_and_unknown_options_are_accepted() throws IOException {
        conditional(", \"upcast_attention\": true, \"dropout\": 0.1, \"num_class_embeds\": null, \"new_option\": 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "norm_num_groups | 5",
                "attention_head_dim | 3",
                "attention_head_dim | 0",
                "layers_per_block | 0",
                "sample_size | 9",
                "sample_size | \"8\"",
                "block_out_channels | []",
                "down_block_types | [\"DownBlock2D\"]",
                "layers_per_block | [1, 2, 3]",
            })
    void values_that_do_not_fit_together_are_malformed(String key, String value) throws IOException {
        ObjectMapper json = JsonMapper.builder().build();
        ObjectNode options = (ObjectNode) json.readTree(BASE.formatted(""));
        options.set(key, json.readTree(value));
        Path path = write(options.toString());
        PlumblineException e = assertThrows(
                PlumblineException.class, () -> UNet2DConditionConfig.read(ConfigFile.read(path)), options.toString());
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains(key), e.getMessage());
    }

    @Test
    void an_unknown_stage_is_refused_with_the_known_ones() throws IOException {
        Path path = write(BASE.formatted("").replace("\"DownBlock2D\"", "\"KDownBlock2D\""));
        PlumblineException e =
                assertThrows(PlumblineException.class, () -> UNet2DConditionConfig.read(ConfigFile.read(path)));
        assertEquals(StandardError.UNSUPPORTED, e.code());
        assertTrue(e.getMessage().contains("DownBlock2D, CrossAttnDownBlock2D"), e.getMessage());
    }
}
