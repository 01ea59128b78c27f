package org.plumbline.kernel.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.toolkit.settings.SettingsBinder;

/**
 * A file that says what to pre-train.
 *
 * <pre>{@code
 * kind: denoiser                        # or classifier
 * output: runs/digits
 * dataset: digits
 * backend: {id: djl-pytorch, threads: 1}
 * sampler: ddim                         # for sample grids and the evaluation
 * denoiser:
 *   model: models/digits                # configurations in the layout of its loader; weights are not needed
 *   training: {iterations: 2000, learning-rate: 2e-3}
 * evaluation:                           # of the trained model, optional
 *   - {name: bold digits, samples: 200, prompts: [a bold one, a bold two], rewards: [{id: stroke-weight}]}
 * }</pre>
 */
public final class PretrainFile {
    /** What is trained. */
    enum Kind {
        DENOISER,
        CLASSIFIER
    }

    /** The weights at the start. */
    enum Start {
        /** Drawn from the seed. */
        RANDOM,
        /** Those of the model's folder: to go on training, or, with 0 iterations, to measure a finished model. */
        STORED
    }

    /**
     * The whole file but for plugins.
     *
     * @param kind what is trained
     * @param output folder of the result
     * @param denoiser if that is the kind
     * @param classifier if that is the kind
     */
    record Root(
            @Setting(description = "denoiser or classifier") Kind kind,

            @Setting(description = "folder of the result and of checkpoints")
            String output,

            @Setting(description = "what to do if the kind is denoiser") @Nullable
            Denoiser denoiser,

            @Setting(description = "what to do if the kind is classifier") @Nullable
            Classifier classifier) {}

    /**
     * Training of a diffusion model.
     *
     * @param model folder with the configurations of the model
     * @param start the weights at the start
     * @param inherit folder of a related model, whose weights the random start is replaced by where they fit, or null
     * @param conditionDropout how often a caption is replaced by the empty one
     * @param training how it is trained
     * @param gridEvery updates between two sample grids
     * @param gridPrompts one row of images each
     * @param gridColumns images per prompt
     * @param steps steps of the sampler, for grids and for the evaluation
     * @param guidance weight of classifier-free guidance, for grids and for the evaluation
     */
    record Denoiser(
            @Setting(description = "folder with the configurations of the model")
            String model,

            @Setting(
                    description = "weights at the start: random, or stored for those of the model's folder",
                    defaultValue = "random")
            Start start,

            @Setting(
                    description =
                            "folder of a related model, from which a random start takes all weights that fit by name"
                                    + " and size; default: none")
            @Nullable
            String inherit,

            @Setting(description = "how often a caption is left empty", defaultValue = "0.1", min = 0, max = 1)
            double conditionDropout,

            @Setting(description = "how it is trained") TrainingSettings training,

            @Setting(description = "updates between two sample grids; 0 for none", defaultValue = "0", min = 0)
            int gridEvery,

            @Setting(description = "one row of images each", defaultValue = "[]")
            List<String> gridPrompts,

            @Setting(description = "images per prompt in a grid", defaultValue = "8", min = 1)
            int gridColumns,

            @Setting(description = "sampling steps", defaultValue = "20", min = 1)
            int steps,

            @Setting(description = "guidance weight", defaultValue = "2")
            double guidance) {}

    /**
     * Training of a classifier.
     *
     * @param width channels of its first convolution
     * @param hidden size of its hidden linear layer
     * @param labelSmoothing probability that the target spreads over all classes
     * @param distortion of the training images
     * @param training how it is trained
     */
    record Classifier(
            @Setting(description = "channels of the first convolution", defaultValue = "16", min = 1)
            int width,

            @Setting(description = "size of the hidden linear layer", defaultValue = "64", min = 1)
            int hidden,

            @Setting(
                    description = "probability that the target spreads over all classes",
                    defaultValue = "0.05",
                    min = 0,
                    max = 1)
            double labelSmoothing,

            @Setting(description = "random changes of the training images")
            Distortion distortion,

            @Setting(description = "how it is trained") TrainingSettings training) {}

    private static final List<String> PLUGINS = List.of("dataset", "backend", "sampler", "loader");
    private static final Map<String, String> DEFAULTS =
            Map.of("backend", "djl-pytorch", "sampler", "ddim", "loader", "diffusers");

    private final Path path;
    private final Root root;
    private final Map<String, PluginUse> plugins;
    private final List<Measurement> evaluation;

    private PretrainFile(Path path, Root root, Map<String, PluginUse> plugins, List<Measurement> evaluation) {
        this.path = path;
        this.root = root;
        this.plugins = plugins;
        this.evaluation = evaluation;
    }

    /**
     * Reads a file.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE}, {@link StandardError#MALFORMED_FILE},
     *     {@link StandardError#UNKNOWN_KEY}, {@link StandardError#MISSING_KEY} or {@link StandardError#BAD_VALUE}
     */
    public static PretrainFile read(Path path) {
        Map<String, Object> written = new LinkedHashMap<>(yaml(path));
        Map<String, PluginUse> plugins = new LinkedHashMap<>();
        for (String key : PLUGINS) {
            Object choice = written.containsKey(key) ? written.remove(key) : DEFAULTS.get(key);
            if (choice == null) {
                throw PlumblineException.of(StandardError.MISSING_KEY)
                        .asked(path + " has no '" + key + "'")
                        .remedy("name a " + key + " plugin; plumbline plugins lists them")
                        .build();
            }
            plugins.put(key, PluginUse.read(choice, key));
        }
        Object evaluation = written.remove("evaluation");
        Root root = SettingsBinder.of(Root.class).bind(written, path.toString());
        boolean complete = root.kind == Kind.DENOISER ? root.denoiser != null : root.classifier != null;
        if (!complete) {
            String section = root.kind == Kind.DENOISER ? "denoiser" : "classifier";
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked(path + " is of kind " + section + " but has no section '" + section + "'")
                    .remedy("add the section")
                    .build();
        }
        return new PretrainFile(
                path, root, Map.copyOf(plugins), evaluation == null ? List.of() : Measurement.list(evaluation));
    }

    private static Map<String, Object> yaml(Path path) {
        try {
            String text = Files.readString(path);
            Map<String, Object> map = new YAMLMapper().readValue(text, new TypeReference<Map<String, Object>>() {});
            return map == null ? Map.of() : map;
        } catch (JsonProcessingException malformed) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked(path + " is not a YAML file of keys and values: " + malformed.getOriginalMessage())
                    .cause(malformed)
                    .build();
        } catch (IOException missing) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no readable file " + path)
                    .cause(missing)
                    .build();
        }
    }

    Path path() {
        return path;
    }

    Root root() {
        return root;
    }

    List<Measurement> evaluation() {
        return evaluation;
    }

    PluginUse plugin(String key) {
        return Objects.requireNonNull(plugins.get(key), key);
    }
}
