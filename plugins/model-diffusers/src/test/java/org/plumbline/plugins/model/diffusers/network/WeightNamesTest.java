package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** Names and shapes of all weights of two public models. */
class WeightNamesTest {
    @TempDir
    private Path folder;

    @Test
    void stable_diffusion_1_5() throws IOException {
        ConfigFile config = config("""
                {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 8,
                 "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
                 "cross_attention_dim": 768, "down_block_types":
                 ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
                 "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4,
                 "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32,
                 "out_channels": 4, "sample_size": 64, "up_block_types":
                 ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
                """);
        Scope scope = Scope.root();
        new UNet(scope, UNet2DConditionConfig.read(config));
        assertEquals(expected("/golden/sd15_unet_keys.json"), declared(scope));
        assertEquals(859_520_964, numbers(scope));
    }

    @Test
    void ddpm_cifar10() throws IOException {
        ConfigFile config = config("""
                {"_class_name": "UNet2DModel", "act_fn": "silu", "attention_head_dim": null,
                 "block_out_channels": [128, 256, 256, 256], "center_input_sample": false,
                 "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
                 "downsample_padding": 0, "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3,
                 "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-06, "norm_num_groups": 32,
                 "out_channels": 3, "sample_size": 32, "time_embedding_type": "positional",
                 "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]}
                """);
        Scope scope = Scope.root();
        new UNet(scope, UNet2DConfig.read(config));
        assertEquals(expected("/golden/ddpm_cifar10_unet_keys.json"), declared(scope));
    }

    @Test
    void autoencoder_of_stable_diffusion() throws IOException {
        ConfigFile config = config("""
                {"_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
                 "down_block_types":
                 ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
                 "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32,
                 "out_channels": 3, "sample_size": 512, "up_block_types":
                 ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
                """);
        Scope scope = Scope.root();
        new Autoencoder(scope, AutoencoderConfig.read(config));
        assertEquals(expected("/golden/sd_vae_keys.json"), declared(scope));
        assertEquals(83_653_863, numbers(scope));
    }

    private ConfigFile config(String json) throws IOException {
        return ConfigFile.read(Files.writeString(folder.resolve("config.json"), json));
    }

    private static long numbers(Scope scope) {
        return scope.weights().stream()
                .mapToLong(weight -> Arrays.stream(weight.shape()).reduce(1, (a, b) -> a * b))
                .sum();
    }

    private static Map<String, String> declared(Scope scope) {
        return scope.weights().stream()
                .collect(Collectors.toMap(
                        WeightSpec::name, weight -> Arrays.toString(weight.shape()), (a, b) -> a + b, TreeMap::new));
    }

    private static Map<String, String> expected(String resource) {
        Map<String, String> shapes = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry :
                GoldenCases.json(GoldenCases.resource(resource)).properties()) {
            shapes.put(entry.getKey(), entry.getValue().toString().replace(",", ", "));
        }
        return shapes;
    }
}
