package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;

/** Folders with the configurations of a model that computes in milliseconds. */
final class TinyModel {
    static final String UNET = """
            {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 1, "out_channels": 1,
             "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
             "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
             "cross_attention_dim": 12, "norm_num_groups": 4, "attention_head_dim": 2}
            """;

    static final String VIDEO_UNET = """
            {"_class_name": "UNet3DConditionModel", "sample_size": [4, 8], "sample_frames": 3, "in_channels": 1,
             "out_channels": 1, "block_out_channels": [8, 16],
             "down_block_types": ["DownBlock3D", "CrossAttnDownBlock3D"],
             "up_block_types": ["CrossAttnUpBlock3D", "UpBlock3D"], "layers_per_block": 1,
             "cross_attention_dim": 12, "norm_num_groups": 4, "attention_head_dim": 2}
            """;

    private static final String TEXT_ENCODER = """
            {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 12,
             "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
             "max_position_embeddings": 16, "vocab_size": 526, "hidden_act": "quick_gelu"}
            """;

    private static final String SCHEDULER = """
            {"_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_schedule": "scaled_linear",
             "beta_start": 0.00085, "beta_end": 0.012, "prediction_type": "v_prediction", "clip_sample": false,
             "steps_offset": 1, "trained_betas": null}
            """;

    private TinyModel() {}

    /** Writes a text-to-image model without weights. */
    static Path textToImage(Path folder) throws IOException {
        write(folder, "model_index.json", """
                {"_class_name": "DiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
                 "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
                 "scheduler": ["diffusers", "DDIMScheduler"], "safety_checker": [null, null],
                 "requires_safety_checker": false}
                """);
        write(folder, "unet/config.json", UNET);
        write(folder, "text_encoder/config.json", TEXT_ENCODER);
        write(folder, "scheduler/scheduler_config.json", SCHEDULER);
        for (String file : new String[] {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
            Path source = GoldenCases.resource("/golden/clip/tokenizer/" + file);
            write(folder, "tokenizer/" + file, Files.readString(source));
        }
        return folder;
    }

    /** Writes a text-to-video model without weights: three frames of 4x8. */
    static Path textToVideo(Path folder) throws IOException {
        textToImage(folder);
        String index = Files.readString(folder.resolve("model_index.json"));
        write(folder, "model_index.json", index.replace("UNet2DConditionModel", "UNet3DConditionModel"));
        write(folder, "unet/config.json", VIDEO_UNET);
        return folder;
    }

    /** Writes an unconditional model without weights. */
    static Path unconditional(Path folder) throws IOException {
        write(folder, "model_index.json", """
                {"_class_name": "DDPMPipeline", "unet": ["diffusers", "UNet2DModel"],
                 "scheduler": ["diffusers", "DDPMScheduler"]}
                """);
        write(folder, "unet/config.json", """
                {"_class_name": "UNet2DModel", "sample_size": 8, "in_channels": 1, "out_channels": 1,
                 "block_out_channels": [8, 8], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
                 "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
                 "norm_num_groups": 4, "attention_head_dim": 4}
                """);
        write(
                folder,
                "scheduler/scheduler_config.json",
                "{\"_class_name\": \"DDPMScheduler\", \"num_train_timesteps\": 50}");
        return folder;
    }

    static void write(Path folder, String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
