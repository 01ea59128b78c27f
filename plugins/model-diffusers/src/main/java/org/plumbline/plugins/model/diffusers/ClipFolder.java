package org.plumbline.plugins.model.diffusers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.ClipTextConfig;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.ClipVisionConfig;
import org.plumbline.plugins.model.diffusers.network.ClipVisionModel;
import org.plumbline.plugins.model.diffusers.network.Initialiser;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.toolkit.image.Resampling;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/**
 * A folder with both networks of CLIP as transformers writes it: {@code config.json} of a {@code CLIPModel},
 * {@code model.safetensors}, the files of the tokenizer, and {@code preprocessor_config.json} if images are prepared
 * otherwise than by CLIP's authors.
 *
 * @param text from token ids to a vector
 * @param vision from a picture to a vector as wide
 * @param weights what the file holds
 */
record ClipFolder(
        Path path,
        ClipTextModel text,
        ClipVisionModel vision,
        List<WeightSpec> weights,
        ClipTokenizer tokenizer,
        Preparation preparation) {
    private static final List<Double> MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> DEVIATION = List.of(0.26862954, 0.26130258, 0.27577711);

    /** The number of the filter in Pillow. */
    private static final int BILINEAR = 2;

    private static final int BICUBIC = 3;

    /**
     * How pictures are prepared.
     *
     * @param mean taken off every channel, in numbers from black, 0, to white, 1
     * @param deviation what every channel is divided by
     */
    record Preparation(Resampling resampling, List<Double> mean, List<Double> deviation) {}

    /**
     * Reads everything but the weights.
     *
     * @throws PlumblineException if a file is missing or says what we do not have
     */
    static ClipFolder read(Path path) {
        ConfigFile config = ConfigFile.read(path.resolve("config.json"));
        config.only("model_type", "clip");
        int projected = config.integer("projection_dim", 512);
        Scope scope = Scope.root();
        ClipTextConfig textConfig = ClipTextConfig.read(config.object("text_config"), true, projected);
        ClipVisionConfig visionConfig = ClipVisionConfig.read(config.object("vision_config"), projected);
        if (visionConfig.channels() != 3) {
            throw config.bad("vision_config", "of pictures with 3 channels");
        }
        ClipTextModel text = new ClipTextModel(scope, textConfig);
        ClipVisionModel vision = new ClipVisionModel(scope, visionConfig);
        List<WeightSpec> weights = new ArrayList<>(scope.weights());
        // Scales cosines for training; it is in the file, and no network here asks for it.
        weights.add(new WeightSpec("logit_scale", Initialiser.constant(0)));
        ClipTokenizer tokenizer = ClipTokenizer.read(path, textConfig.positions());
        return new ClipFolder(path, text, vision, List.copyOf(weights), tokenizer, preparation(path));
    }

    private static Preparation preparation(Path path) {
        Path file = path.resolve("preprocessor_config.json");
        if (!Files.isRegularFile(file)) {
            return new Preparation(Resampling.BICUBIC, MEAN, DEVIATION);
        }
        ConfigFile config = ConfigFile.read(file);
        config.only("resample", BILINEAR, BICUBIC);
        config.only("do_rescale", true);
        config.only("do_normalize", true);
        Resampling resampling =
                config.integer("resample", BICUBIC) == BILINEAR ? Resampling.BILINEAR : Resampling.BICUBIC;
        List<Double> mean = config.numbers("image_mean", MEAN);
        List<Double> deviation = config.numbers("image_std", DEVIATION);
        if (mean.size() != 3 || deviation.size() != 3 || deviation.contains(0.0)) {
            throw config.bad("image_std", "three numbers, not 0, as many as image_mean");
        }
        return new Preparation(resampling, mean, deviation);
    }
}
