package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.ClipTextConfig;
import org.plumbline.plugins.model.diffusers.network.Conditioning;
import org.plumbline.plugins.model.diffusers.network.DenoiserConfig;
import org.plumbline.plugins.model.diffusers.network.UNet2DConditionConfig;
import org.plumbline.plugins.model.diffusers.network.UNet2DConfig;
import org.plumbline.plugins.model.diffusers.network.UNet3DConfig;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/**
 * What a model folder says without its weights.
 *
 * @param path where it lies
 * @param unet the denoiser's sizes
 * @param text the text network's sizes; empty for a model without prompts
 * @param scheduler noise schedule and prediction
 * @param files the content of all these files, by path within the folder
 */
record ModelFolder(
        Path path,
        DenoiserConfig unet,
        Optional<ClipTextConfig> text,
        SchedulerConfig scheduler,
        Map<String, byte[]> files) {
    static final String INDEX = "model_index.json";
    static final String UNET = "unet";
    static final String UNET_CONFIG = UNET + "/config.json";
    static final String TEXT_ENCODER = "text_encoder";
    static final String TOKENIZER = "tokenizer";
    static final String SCHEDULER = "scheduler";

    /** Names of weight files without their ending. */
    static final String UNET_WEIGHTS = "diffusion_pytorch_model";

    static final String TEXT_ENCODER_WEIGHTS = "model";

    /** Parts that judge finished images and play no role in making them. */
    static final Set<String> IGNORED = Set.of("safety_checker", "feature_extractor");

    static ModelFolder read(Path path) {
        if (!Files.isDirectory(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no model folder '" + path + "'")
                    .build();
        }
        ConfigFile index = ConfigFile.read(path.resolve(INDEX));
        for (String part : index.keys()) {
            if (!part.startsWith("_") && isPresent(index, part)) {
                checkPart(index, part);
            }
        }
        String denoiser = type(index, UNET);
        ConfigFile unetFile = ConfigFile.read(path.resolve(UNET).resolve("config.json"));
        DenoiserConfig unet = switch (denoiser) {
            case "UNet2DConditionModel" -> UNet2DConditionConfig.read(unetFile);
            case "UNet3DConditionModel" -> UNet3DConfig.read(unetFile);
            default -> UNet2DConfig.read(unetFile);
        };
        boolean conditional = unet.conditioning() instanceof Conditioning.Text;
        if (unet.conditioning() instanceof Conditioning.OfClass) {
            throw unetFile.unsupported("num_class_embeds", "networks conditioned on text or on nothing");
        }
        if (unet.in() != unet.out()) {
            throw unetFile.unsupported("out_channels", "as many as in_channels: " + unet.in());
        }
        Optional<ClipTextConfig> text = Optional.empty();
        if (conditional) {
            type(index, TEXT_ENCODER);
            type(index, TOKENIZER);
            ConfigFile textFile = ConfigFile.read(path.resolve(TEXT_ENCODER).resolve("config.json"));
            ClipTextConfig config = ClipTextConfig.read(textFile);
            if (config.width() != unet.conditioning().width()) {
                throw unetFile.bad("cross_attention_dim", "the text network's hidden_size " + config.width());
            }
            text = Optional.of(config);
        }
        type(index, SCHEDULER);
        ConfigFile scheduler = ConfigFile.read(path.resolve(SCHEDULER).resolve("scheduler_config.json"));
        return new ModelFolder(path, unet, text, SchedulerConfig.read(scheduler), readFiles(path, conditional));
    }

    /** Read at once, so that a copy can be written even if the folder is gone by then. */
    private static Map<String, byte[]> readFiles(Path path, boolean conditional) {
        Map<String, byte[]> files = new TreeMap<>();
        try {
            for (String file : List.of(INDEX, UNET_CONFIG, SCHEDULER + "/scheduler_config.json")) {
                files.put(file, Files.readAllBytes(path.resolve(file)));
            }
            if (conditional) {
                String text = TEXT_ENCODER + "/config.json";
                files.put(text, Files.readAllBytes(path.resolve(text)));
                try (DirectoryStream<Path> tokenizer =
                        Files.newDirectoryStream(path.resolve(TOKENIZER), "*.{json,txt}")) {
                    for (Path file : tokenizer) {
                        files.put(TOKENIZER + "/" + file.getFileName(), Files.readAllBytes(file));
                    }
                }
            }
            return files;
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the model folder '" + path + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }

    private static void checkPart(ConfigFile index, String part) {
        List<String> known = switch (part) {
            case UNET -> List.of("UNet2DConditionModel", "UNet2DModel", "UNet3DConditionModel");
            case TEXT_ENCODER -> List.of("CLIPTextModel");
            case TOKENIZER -> List.of("CLIPTokenizer", "CLIPTokenizerFast");
            case SCHEDULER -> List.of(type(index, part)); // SchedulerConfig knows them
            default -> List.of();
        };
        if (IGNORED.contains(part) || known.contains(type(index, part))) {
            return;
        }
        throw index.unsupported(
                part,
                known.isEmpty()
                        ? "models made of unet, text_encoder, tokenizer and scheduler, whose latents are pixels"
                        : String.join(", ", known));
    }

    /** An entry is [library, class]; [null, null] is a part that was left out; plain values are settings. */
    private static boolean isPresent(ConfigFile index, String part) {
        return index.isList(part) && !index.isListOfNulls(part);
    }

    private static String type(ConfigFile index, String part) {
        if (!index.has(part) || !isPresent(index, part)) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("'" + index.path() + "' lists no " + part)
                    .available(String.join(", ", index.keys()))
                    .build();
        }
        List<String> entry = index.texts(part, List.of());
        if (entry.size() != 2) {
            throw index.bad(part, "a pair of library and class");
        }
        return entry.get(1);
    }

    String name() {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** Reads the tokenizer; empty for a model without prompts. */
    Optional<ClipTokenizer> openTokenizer() {
        return text.map(config -> {
            ClipTokenizer tokenizer = ClipTokenizer.read(path.resolve(TOKENIZER), config.positions());
            if (tokenizer.largestId() >= config.vocabulary()) {
                throw PlumblineException.of(StandardError.WRONG_SHAPE)
                        .asked("the tokenizer of '" + path + "' has ids up to " + tokenizer.largestId()
                                + ", its text network a vocabulary of " + config.vocabulary())
                        .remedy("use tokenizer and text_encoder of one model")
                        .build();
            }
            return tokenizer;
        });
    }
}
