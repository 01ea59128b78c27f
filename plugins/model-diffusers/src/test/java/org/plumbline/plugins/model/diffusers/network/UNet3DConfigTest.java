package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class UNet3DConfigTest {
    private static final String BASE = """
            {"sample_size": [4, 8], "sample_frames": 5, "in_channels": 3, "out_channels": 3,
             "block_out_channels": [8, 16], "down_block_types": ["DownBlock3D", "CrossAttnDownBlock3D"],
             "up_block_types": ["CrossAttnUpBlock3D", "UpBlock3D"], "cross_attention_dim": 12,
             "norm_num_groups": 8, "attention_head_dim": 4, "layers_per_block": 2 %s}
            """;

    @TempDir
    private Path folder;

    private UNet3DConfig read(String text) throws IOException {
        return UNet3DConfig.read(ConfigFile.read(Files.writeString(folder.resolve("config.json"), text)));
    }

    @Test
    void a_sample_is_channels_frames_height_width() throws IOException {
        UNet3DConfig config = read(BASE.formatted(""));
        assertArrayEquals(new long[] {3, 5, 4, 8}, config.sampleShape());
        assertEquals(List.of(false, true), config.downAttention());
        assertEquals(List.of(true, false), config.upAttention());
        assertTrue(config.conditioning() instanceof Conditioning.Text);
    }

    @Test
    void attention_head_dim_is_the_width_of_a_head_and_the_entrance_has_eight() throws IOException {
        Scope scope = Scope.root();
        read(BASE.formatted("")).build(scope);
        WeightSpec entrance = scope.weights().stream()
                .filter(weight -> weight.name().equals("transformer_in.proj_in.weight"))
                .findFirst()
                .orElseThrow();
        assertArrayEquals(new long[] {32, 8}, entrance.shape());
    }

    /** As the names of the parts of diffusers' module are, counted by hand from its classes. */
    @Test
    void every_layer_has_its_parts_and_only_stages_with_attention_have_attentions() throws IOException {
        Scope scope = Scope.root();
        read(BASE.formatted("")).build(scope);
        Set<String> parts = scope.weights().stream()
                .map(weight -> weight.name()
                        .replaceFirst("^((down|up)_blocks\\.\\d+|mid_block)\\.(\\w+\\.\\d+)\\..*", "$1.$3"))
                .filter(name -> name.matches("(down_|up_|mid_)block.*"))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> expected = new TreeSet<>(Set.of("down_blocks.0.downsamplers.0", "up_blocks.0.upsamplers.0"));
        for (String layer : List.of(
                "down_blocks.0.%s.0",
                "down_blocks.0.%s.1",
                "down_blocks.1.%s.0",
                "down_blocks.1.%s.1",
                "mid_block.%s.0",
                "mid_block.%s.1",
                "up_blocks.0.%s.0",
                "up_blocks.0.%s.1",
                "up_blocks.0.%s.2",
                "up_blocks.1.%s.0",
                "up_blocks.1.%s.1",
                "up_blocks.1.%s.2")) {
            expected.add(layer.formatted("resnets"));
            expected.add(layer.formatted("temp_convs"));
            boolean plain = layer.startsWith("down_blocks.0") || layer.startsWith("up_blocks.1");
            if (!plain && !layer.equals("mid_block.%s.1")) {
                expected.add(layer.formatted("attentions"));
                expected.add(layer.formatted("temp_attentions"));
            }
        }
        assertEquals(expected, parts);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"sample_frames\": 5 | \"sample_frames\": 0 | sample_frames | MALFORMED_FILE",
                "\"sample_frames\": 5 | \"x\": 5 | sample_frames | MALFORMED_FILE",
                "\"attention_head_dim\": 4 | \"attention_head_dim\": 3 | attention_head_dim | MALFORMED_FILE",
                "[\"DownBlock3D\" | [\"DownBlock2D\" | down_block_types | UNSUPPORTED",
                "\"layers_per_block\": 2 | \"layers_per_block\": 0 | layers_per_block | MALFORMED_FILE",
                "\"layers_per_block\": 2 | \"num_attention_heads\": 2 | num_attention_heads | UNSUPPORTED"
            })
    void what_makes_no_sense_or_is_not_there_is_refused_by_its_name(
            String from, String to, String option, StandardError code) {
        String text = BASE.formatted("").replace(from, to);
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> read(text));
        assertEquals(code, refusal.code(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("option " + option), refusal.getMessage());
    }
}
