package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.plumbline.plugins.model.diffusers.original.NamePairs;
import org.plumbline.spi.model.FloatType;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Stable Diffusion in a size that computes in milliseconds: as a folder, and as its authors would have stored it. */
enum TinyStableDiffusion {
    ONE("""
            {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, "out_channels": 4,
             "block_out_channels": [8, 16, 16], "layers_per_block": 1, "cross_attention_dim": 12, "norm_num_groups": 4,
             "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
             "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "attention_head_dim": 2}
            """, "sd1-small.txt"),
    TWO("""
            {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, "out_channels": 4,
             "block_out_channels": [8, 16], "layers_per_block": 1, "cross_attention_dim": 12, "norm_num_groups": 4,
             "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "use_linear_projection": true,
             "transformer_layers_per_block": 2, "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
             "attention_head_dim": [2, 4]}
            """, "sd2-small.txt");

    private static final String AUTOENCODER = """
            {"_class_name": "AutoencoderKL", "block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4,
             "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
             "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "sample_size": 16}
            """;

    private static final String TEXT_ENCODER = """
            {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 12,
             "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
             "max_position_embeddings": 16, "vocab_size": 526}
            """;

    private static final String INDEX = """
            {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
             "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
             "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"],
             "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
             "requires_safety_checker": true}
            """;

    private final String unet;
    private final String pairs;

    TinyStableDiffusion(String unet, String pairs) {
        this.unet = unet;
        this.pairs = pairs;
    }

    /** Writes a folder without weights. */
    Path plan(Path folder) throws IOException {
        TinyModel.textToImage(folder);
        TinyModel.write(folder, "model_index.json", INDEX);
        TinyModel.write(folder, "unet/config.json", unet);
        TinyModel.write(folder, "vae/config.json", AUTOENCODER);
        TinyModel.write(folder, "text_encoder/config.json", TEXT_ENCODER);
        return folder;
    }

    /**
     * Writes a complete folder in which no two weights are alike: those that start as zeros or ones would look right in the
     * place of another.
     */
    Path model(Path plan, FloatType type, Path folder) {
        new DiffusersLoader().random(plan, type, 7, folder);
        for (String part : List.of("unet", "vae", "text_encoder")) {
            SafetensorsWriter writer = SafetensorsWriter.create();
            try (SafetensorsFile file = SafetensorsFile.open(weights(folder, part))) {
                for (String name : file.names()) {
                    double[] values = file.doubles(name);
                    double[] noise = NoiseStream.of(3, part + "/" + name, 0).gaussians(values.length);
                    Arrays.setAll(values, i -> values[i] + noise[i] / 16);
                    writer.add(name, file.type(name), () -> values, file.shape(name));
                }
            }
            writer.write(weights(folder, part));
        }
        return folder;
    }

    /** One network's weights, by the folder's name. */
    static Path weights(Path folder, String part) {
        String name = part.equals("text_encoder") ? "model" : "diffusion_pytorch_model";
        return folder.resolve(part).resolve(name + ".safetensors");
    }

    /** A tensor in memory. */
    record Stored(DataType type, double[] values, long... shape) {}

    /** The original names of all weights, by part and name in the folder. */
    Map<String, String> names() throws IOException {
        Map<String, String> names = new TreeMap<>(NamePairs.read(pairs));
        NamePairs.read(ONE.pairs).forEach((name, original) -> {
            if (name.startsWith("vae/")) {
                names.put(name, original);
            }
        });
        return names;
    }

    /** The tensors of a folder as the original networks hold them, by the names that were written down. */
    Map<String, Stored> original(Path folder) throws IOException {
        Map<String, Stored> tensors = new LinkedHashMap<>();
        Map<String, List<Stored>> thirds = new TreeMap<>();
        Map<String, String> names = names();
        for (String part : List.of("unet", "vae", "text_encoder")) {
            try (SafetensorsFile file = SafetensorsFile.open(weights(folder, part))) {
                for (String name : file.names()) {
                    String[] original = Objects.requireNonNull(names.remove(part + "/" + name), name)
                            .split(":");
                    // The attention of the original autoencoder is made of 1x1 convolutions.
                    boolean convolution = original[0].matches(".*\\.attn_1\\.(q|k|v|proj_out)\\.weight");
                    long[] shape = file.shape(name);
                    Stored stored = new Stored(
                            file.type(name),
                            file.doubles(name),
                            convolution ? new long[] {shape[0], shape[1], 1, 1} : shape);
                    if (original.length == 1) {
                        tensors.put(original[0], stored);
                    } else {
                        List<Stored> all = thirds.computeIfAbsent(
                                original[0], key -> new ArrayList<>(Arrays.asList(null, null, null)));
                        all.set(Integer.parseInt(original[1]), stored);
                    }
                }
            }
        }
        if (!names.isEmpty()) {
            throw new AssertionError("the folder lacks " + names.keySet());
        }
        thirds.forEach((key, parts) -> tensors.put(key, joined(parts)));
        return tensors;
    }

    private static Stored joined(List<Stored> parts) {
        long[] shape = parts.get(0).shape.clone();
        shape[0] *= parts.size();
        double[] values = IntStream.range(0, parts.size())
                .mapToObj(i -> parts.get(i).values)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        return new Stored(parts.get(0).type, values, shape);
    }

    static Path write(Map<String, Stored> tensors, Path file) {
        SafetensorsWriter writer = SafetensorsWriter.create();
        tensors.forEach((name, stored) -> writer.add(name, stored.type, () -> stored.values, stored.shape));
        writer.write(file);
        return file;
    }
}
