package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.Autoencoder;
import org.plumbline.plugins.model.diffusers.network.AutoencoderConfig;
import org.plumbline.plugins.model.diffusers.network.ClipTextConfig;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.DenoiserConfig;
import org.plumbline.plugins.model.diffusers.network.DitConfig;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.Sd3Config;
import org.plumbline.plugins.model.diffusers.network.UNet2DConditionConfig;
import org.plumbline.plugins.model.diffusers.network.UNet2DConfig;
import org.plumbline.plugins.model.diffusers.network.UNet3DConfig;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * What a model folder says without its weights.
 *
 * @param path where it lies
 * @param index which parts it has
 * @param denoiserPart the denoiser's part, {@link #UNET} or {@link #TRANSFORMER}
 * @param denoiser the denoiser's sizes
 * @param texts the text networks, in the order in which their results are joined; empty for a model without prompts
 * @param autoencoder from latents to pictures; empty for a model whose latents are pixels
 * @param scheduler noise schedule and prediction
 * @param files the content of all files that were read, by path within the folder
 */
record ModelFolder(
        Path path,
        ModelIndex index,
        String denoiserPart,
        DenoiserConfig denoiser,
        List<Text> texts,
        Optional<AutoencoderConfig> autoencoder,
        SchedulerConfig scheduler,
        Map<String, byte[]> files) {
    static final String INDEX = "model_index.json";
    static final String UNET = "unet";
    static final String TRANSFORMER = "transformer";
    static final String TEXT_ENCODER = "text_encoder";
    static final String TOKENIZER = "tokenizer";
    static final String AUTOENCODER = "vae";
    static final String SCHEDULER = "scheduler";

    /** Names of weight files without their ending. */
    static final String UNET_WEIGHTS = "diffusion_pytorch_model";

    static final String TEXT_ENCODER_WEIGHTS = "model";

    /** Parts that judge finished images, or take pictures as prompts, and play no role in making images from texts. */
    static final Set<String> IGNORED = Set.of("safety_checker", "feature_extractor", "image_encoder");

    private static final List<String> TEXT_CLASSES = List.of("CLIPTextModel", "CLIPTextModelWithProjection");
    private static final List<String> TOKENIZER_CLASSES = List.of("CLIPTokenizer", "CLIPTokenizerFast");

    /**
     * A text network and its tokenizer.
     *
     * @param part of the network
     * @param tokenizer part of the tokenizer
     */
    record Text(String part, String tokenizer, ClipTextConfig config) {}

    /**
     * A part that has weights.
     *
     * @param part its folder
     * @param type its class
     * @param base name of its weight files without ending
     * @param weights what the files hold
     */
    record Component(String part, String type, String base, List<WeightSpec> weights) {}

    static ModelFolder read(Path path) {
        if (!Files.isDirectory(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked((Files.exists(path) ? "a file is no model folder: '" : "there is no model folder '") + path
                            + "'")
                    .remedy("name the folder of a model in the layout of diffusers, which has a " + INDEX)
                    .build();
        }
        ModelIndex index = ModelIndex.read(path);
        if (index.has(TEXT_ENCODER + "_3")) {
            throw index.file()
                    .unsupported(
                            TEXT_ENCODER + "_3",
                            "[null, null]: the transformer then runs on both CLIP networks, as its authors meant it to");
        }
        index.checkTypes(known());
        String part = index.has(TRANSFORMER) ? TRANSFORMER : UNET;
        DenoiserConfig denoiser = readDenoiser(index.type(part), config(path, part));
        List<Text> texts = new ArrayList<>();
        for (String number : List.of("", "_2")) {
            if (index.has(TEXT_ENCODER + number)) {
                index.type(TOKENIZER + number);
                boolean projects = index.type(TEXT_ENCODER + number).equals("CLIPTextModelWithProjection");
                ClipTextConfig text = ClipTextConfig.read(config(path, TEXT_ENCODER + number), projects);
                texts.add(new Text(TEXT_ENCODER + number, TOKENIZER + number, text));
            }
        }
        Optional<AutoencoderConfig> autoencoder =
                index.find(AUTOENCODER).map(type -> AutoencoderConfig.read(config(path, AUTOENCODER)));
        index.type(SCHEDULER);
        ConfigFile scheduler = ConfigFile.read(path.resolve(SCHEDULER).resolve("scheduler_config.json"));
        ModelFolder folder = new ModelFolder(
                path,
                index,
                part,
                denoiser,
                List.copyOf(texts),
                autoencoder,
                SchedulerConfig.read(scheduler),
                new TreeMap<>());
        folder.check();
        folder.readFiles();
        return folder;
    }

    /** The classes of every part that we have; those of samplers are known to {@link SchedulerConfig}. */
    private static Map<String, List<String>> known() {
        Map<String, List<String>> known = new LinkedHashMap<>();
        known.put(UNET, List.of("UNet2DConditionModel", "UNet2DModel", "UNet3DConditionModel"));
        known.put(TRANSFORMER, List.of("SD3Transformer2DModel", "DiTTransformer2DModel"));
        known.put(TEXT_ENCODER, TEXT_CLASSES);
        known.put(TOKENIZER, TOKENIZER_CLASSES);
        known.put(TEXT_ENCODER + "_2", TEXT_CLASSES);
        known.put(TOKENIZER + "_2", TOKENIZER_CLASSES);
        known.put(AUTOENCODER, List.of("AutoencoderKL"));
        known.put(SCHEDULER, List.of());
        IGNORED.forEach(part -> known.put(part, List.of()));
        return known;
    }

    private static ConfigFile config(Path path, String part) {
        return ConfigFile.read(path.resolve(part).resolve("config.json"));
    }

    private static DenoiserConfig readDenoiser(String type, ConfigFile file) {
        if (!file.text("_class_name", type).equals(type)) {
            throw file.bad("_class_name", type + ", as " + INDEX + " says,");
        }
        return switch (type) {
            case "UNet2DConditionModel" -> UNet2DConditionConfig.read(file);
            case "UNet3DConditionModel" -> UNet3DConfig.read(file);
            case "SD3Transformer2DModel" -> Sd3Config.read(file);
            case "DiTTransformer2DModel" -> DitConfig.read(file);
            default -> UNet2DConfig.read(file);
        };
    }

    /** Refuses parts that do not fit together. What concerns prompts is found when {@link Prompting} joins them. */
    private void check() {
        ConfigFile file = config(path, denoiserPart);
        int in = denoiser.in();
        if (denoiser.out() != in && denoiser.out() != 2 * in) {
            throw file.unsupported("out_channels", "as many as in_channels, " + in + ", or twice as many");
        }
        if (autoencoder.isPresent()) {
            int latent = autoencoder.get().latent();
            if (latent != in) {
                throw file.bad("in_channels", "the vae's latent_channels " + latent);
            }
            if (denoiser.sampleShape().length != 3) {
                throw index.file().unsupported(AUTOENCODER, "videos whose latents are pixels");
            }
        }
    }

    /** Read at once, so that a copy can be written even if the folder is gone by then. */
    private void readFiles() {
        List<String> names =
                new ArrayList<>(List.of(INDEX, denoiserPart + "/config.json", SCHEDULER + "/scheduler_config.json"));
        texts.forEach(text -> names.add(text.part() + "/config.json"));
        if (autoencoder.isPresent()) {
            names.add(AUTOENCODER + "/config.json");
        }
        try {
            for (String file : names) {
                files.put(file, Files.readAllBytes(path.resolve(file)));
            }
            for (Text text : texts) {
                if (!Files.isDirectory(path.resolve(text.tokenizer()))) {
                    throw PlumblineException.of(StandardError.MISSING_FILE)
                            .asked("there is no folder '" + path.resolve(text.tokenizer()) + "'")
                            .remedy("name a complete model folder in the layout of diffusers")
                            .build();
                }
                try (DirectoryStream<Path> tokenizer =
                        Files.newDirectoryStream(path.resolve(text.tokenizer()), "*.{json,txt}")) {
                    for (Path file : tokenizer) {
                        files.put(text.tokenizer() + "/" + file.getFileName(), Files.readAllBytes(file));
                    }
                }
            }
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the model folder '" + path + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }

    String name() {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** The parts that have weights: the denoiser first, then text networks, then the autoencoder. */
    List<Component> components() {
        List<Component> components = new ArrayList<>();
        Scope scope = Scope.root();
        denoiser.build(scope);
        components.add(new Component(denoiserPart, index.type(denoiserPart), UNET_WEIGHTS, scope.weights()));
        for (Text text : texts) {
            Scope ofText = Scope.root();
            new ClipTextModel(ofText, text.config());
            components.add(new Component(text.part(), index.type(text.part()), TEXT_ENCODER_WEIGHTS, ofText.weights()));
        }
        autoencoder.ifPresent(config -> {
            Scope ofAutoencoder = Scope.root();
            new Autoencoder(ofAutoencoder, config);
            components.add(new Component(AUTOENCODER, index.type(AUTOENCODER), UNET_WEIGHTS, ofAutoencoder.weights()));
        });
        return components;
    }
}
