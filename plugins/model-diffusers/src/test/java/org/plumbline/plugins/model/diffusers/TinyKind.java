package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Model folders of every kind with random weights, of a size that computes in milliseconds. */
enum TinyKind {
    /** Latents are pixels, no condition. */
    PIXELS {
        @Override
        void configure(Path folder) throws IOException {
            TinyModel.unconditional(folder);
        }
    },
    /** One text network, and an autoencoder. */
    STABLE_DIFFUSION_1 {
        @Override
        void configure(Path folder) throws IOException {
            index(folder, "unet", "UNet2DConditionModel", 1, "CLIPTextModel", "DDIMScheduler", "");
            unet(folder, "\"cross_attention_dim\": 12, \"attention_head_dim\": 2");
            text(folder, "", 12, "");
            autoencoder(folder, 4, "");
            scheduler(folder, "epsilon");
        }
    },
    /** Numbers of heads by stage, linear projections, velocities; the tokenizer fills up with zeros. */
    STABLE_DIFFUSION_2 {
        @Override
        void configure(Path folder) throws IOException {
            index(folder, "unet", "UNet2DConditionModel", 1, "CLIPTextModel", "DDIMScheduler", "");
            unet(folder, """
                    "cross_attention_dim": 12, "attention_head_dim": [2, 4], "use_linear_projection": true,
                    "upcast_attention": true
                    """);
            text(folder, "", 12, ", \"hidden_act\": \"gelu\"");
            autoencoder(folder, 4, "");
            scheduler(folder, "v_prediction");
        }
    },
    /** Two text networks, the vector of the whole prompt, sizes. */
    STABLE_DIFFUSION_XL {
        @Override
        void configure(Path folder) throws IOException {
            index(
                    folder,
                    "unet",
                    "UNet2DConditionModel",
                    2,
                    "CLIPTextModel",
                    "DDIMScheduler",
                    ", \"force_zeros_for_empty_prompt\": true");
            unet(folder, """
                    "cross_attention_dim": 20, "attention_head_dim": [2, 4], "use_linear_projection": true,
                    "transformer_layers_per_block": [1, 2], "addition_embed_type": "text_time",
                    "addition_time_embed_dim": 4, "projection_class_embeddings_input_dim": 34
                    """);
            text(folder, "", 12, "");
            text(folder, "_2", 8, ", \"hidden_act\": \"gelu\", \"projection_dim\": 10");
            autoencoder(folder, 4, ", \"scaling_factor\": 0.13025");
            scheduler(folder, "epsilon");
        }
    },
    /** A class instead of a text, and pixels. */
    CLASSES {
        @Override
        void configure(Path folder) throws IOException {
            TinyModel.unconditional(folder);
            Path config = folder.resolve("unet/config.json");
            Files.writeString(
                    config,
                    Files.readString(config).replace("\"UNet2DModel\",", "\"UNet2DModel\", \"num_class_embeds\": 5,"));
        }
    },
    /** A transformer on classes whose output holds variances too, and an autoencoder. */
    DIT {
        @Override
        void configure(Path folder) throws IOException {
            TinyModel.write(folder, "model_index.json", """
                    {"_class_name": "DiTPipeline", "transformer": ["diffusers", "DiTTransformer2DModel"],
                     "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"],
                     "id2label": {"0": "tench, Tinca tinca", "1": "goldfish"}}
                    """);
            TinyModel.write(folder, "transformer/config.json", """
                    {"_class_name": "DiTTransformer2DModel", "num_attention_heads": 2, "attention_head_dim": 4,
                     "in_channels": 4, "out_channels": 8, "num_layers": 1, "sample_size": 8, "patch_size": 4,
                     "num_embeds_ada_norm": 3, "norm_type": "ada_norm_zero"}
                    """);
            autoencoder(folder, 4, "");
            scheduler(folder, "epsilon");
        }
    },
    /** A transformer on two CLIP text networks, the third left out, and flow matching. */
    STABLE_DIFFUSION_3 {
        @Override
        void configure(Path folder) throws IOException {
            index(
                    folder,
                    "transformer",
                    "SD3Transformer2DModel",
                    2,
                    "CLIPTextModelWithProjection",
                    "FlowMatchEulerDiscreteScheduler",
                    ", \"text_encoder_3\": [null, null], \"tokenizer_3\": [null, null]");
            TinyModel.write(folder, "transformer/config.json", """
                    {"_class_name": "SD3Transformer2DModel", "num_attention_heads": 2, "attention_head_dim": 4,
                     "in_channels": 4, "out_channels": 4, "num_layers": 2, "sample_size": 8, "patch_size": 4,
                     "joint_attention_dim": 24, "caption_projection_dim": 8, "pooled_projection_dim": 10,
                     "pos_embed_max_size": 4, "qk_norm": "rms_norm", "dual_attention_layers": [0]}
                    """);
            text(folder, "", 12, ", \"projection_dim\": 6");
            text(folder, "_2", 8, ", \"hidden_act\": \"gelu\", \"projection_dim\": 4");
            autoencoder(folder, 4, """
                    , "scaling_factor": 1.5305, "shift_factor": 0.0609, "use_quant_conv": false,
                    "use_post_quant_conv": false
                    """);
            TinyModel.write(folder, "scheduler/scheduler_config.json", """
                    {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}
                    """);
        }
    };

    /** Writes the configurations. */
    abstract void configure(Path folder) throws IOException;

    /** True if a prompt is the number of a class. */
    boolean ofClasses() {
        return this == CLASSES || this == DIT;
    }

    /** Writes a whole model. */
    Path write(Path folder) throws IOException {
        configure(folder);
        for (ModelFolder.Component component : ModelFolder.read(folder).components()) {
            ParameterLayout layout = VectorWeights.layout(component.weights());
            double[] numbers = VectorWeights.draw(component.weights(), 7);
            SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
            for (ParameterLayout.Entry entry : layout.entries()) {
                writer.addRounded(entry.name(), numbers, entry.offset(), entry.shape());
            }
            writer.write(folder.resolve(component.part()).resolve(component.base() + ".safetensors"));
        }
        return folder;
    }

    private static void index(
            Path folder, String part, String type, int texts, String firstText, String scheduler, String more)
            throws IOException {
        StringBuilder entries = new StringBuilder();
        for (String number : List.of("", "_2").subList(0, texts)) {
            entries.append("\"text_encoder%s\": [\"transformers\", \"%s\"], "
                    .formatted(number, number.isEmpty() ? firstText : "CLIPTextModelWithProjection"));
            entries.append("\"tokenizer%s\": [\"transformers\", \"CLIPTokenizer\"], ".formatted(number));
        }
        TinyModel.write(folder, "model_index.json", """
                {"_class_name": "Pipeline", %s "vae": ["diffusers", "AutoencoderKL"],
                 "%s": ["diffusers", "%s"], "scheduler": ["diffusers", "%s"], "safety_checker": [null, null] %s}
                """.formatted(entries, part, type, scheduler, more));
    }

    private static void unet(Path folder, String more) throws IOException {
        TinyModel.write(folder, "unet/config.json", """
                {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, "out_channels": 4,
                 "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
                 "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
                 "norm_num_groups": 4, %s}
                """.formatted(more));
    }

    private static void text(Path folder, String number, int width, String more) throws IOException {
        TinyModel.write(folder, "text_encoder" + number + "/config.json", """
                {"model_type": "clip_text_model", "hidden_size": %d, "intermediate_size": 16,
                 "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 16,
                 "vocab_size": 526, "eos_token_id": 525 %s}
                """.formatted(width, more));
        for (String file : List.of("vocab.json", "merges.txt", "tokenizer_config.json")) {
            Path source = GoldenCases.resource("/golden/clip/tokenizer/" + file);
            TinyModel.write(folder, "tokenizer" + number + "/" + file, Files.readString(source));
        }
    }

    private static void autoencoder(Path folder, int latent, String more) throws IOException {
        TinyModel.write(folder, "vae/config.json", """
                {"_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": %d,
                 "block_out_channels": [4, 8], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
                 "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "layers_per_block": 1,
                 "norm_num_groups": 2, "sample_size": 16 %s}
                """.formatted(latent, more));
    }

    private static void scheduler(Path folder, String prediction) throws IOException {
        TinyModel.write(folder, "scheduler/scheduler_config.json", """
                {"_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_schedule": "scaled_linear",
                 "beta_start": 0.00085, "beta_end": 0.012, "prediction_type": "%s", "clip_sample": false,
                 "steps_offset": 1, "set_alpha_to_one": false}
                """.formatted(prediction));
    }
}
