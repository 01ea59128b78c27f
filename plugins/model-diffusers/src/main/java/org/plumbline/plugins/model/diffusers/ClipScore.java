package org.plumbline.plugins.model.diffusers;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.ClipVisionModel;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.image.Resampling;

/**
 * How well an image fits a text by CLIP: the cosine between the vectors that CLIP's two networks make of them, times a
 * scale. Both networks run on the backend of the run. The image is resized so that its shorter side fits, cut in the middle
 * and normalised, all of which gradients pass; grey is repeated in every channel, and values beyond black and white are
 * not cut off.
 */
@Plugin(
        id = "clip-score",
        description = "how well an image fits the prompt: cosine of CLIP's image and text vectors",
        configuration = ClipScore.Configuration.class)
final class ClipScore implements DifferentiableRewardModel {
    /** Keeps the cosine of a vector of zeros, which CLIP never gives, a number. */
    private static final double TINY = 1e-30;

    private final Configuration configuration;
    private final ClipFolder folder;
    private final StoredWeights weights;

    /**
     * Settings.
     *
     * @param model folder of the networks
     * @param text what every image is held against; absent: the prompt it was made for
     * @param scale factor on the cosine
     */
    record Configuration(
            @Setting(description = "folder of a CLIPModel: config.json, model.safetensors, tokenizer files")
            String model,

            @Setting(description = "hold every image against this text instead of its prompt") @Nullable
            String text,

            @Setting(description = "factor on the cosine, which lies between -1 and 1", defaultValue = "1")
            double scale) {}

    @Inject
    ClipScore(Configuration configuration, PluginContext context) {
        this.configuration = configuration;
        this.folder = ClipFolder.read(context.resolve(configuration.model()));
        this.weights = StoredWeights.open(folder.path(), ModelFolder.TEXT_ENCODER_WEIGHTS, folder.weights());
    }

    @Override
    public String unit() {
        return configuration.scale() == 1 ? "cosine" : "cosine x " + configuration.scale();
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        if (imageShape.length != 3 || (imageShape[0] != 3 && imageShape[0] != 1)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("reward 'clip-score' was asked to score images of " + Arrays.toString(imageShape))
                    .available("1 or 3 channels, any height and width")
                    .build();
        }
        return new Score(folder, configuration.scale(), imageShape.clone());
    }

    @Override
    public WeightSource weights() {
        return weights;
    }

    @Override
    public Map<String, double[]> inputs(List<String> prompts) {
        int length = folder.tokenizer().length();
        double[] ids = new double[prompts.size() * length];
        for (int row = 0; row < prompts.size(); row++) {
            String text = configuration.text() == null ? prompts.get(row) : configuration.text();
            long[] tokens = folder.tokenizer().tokenize(text);
            for (int i = 0; i < length; i++) {
                ids[row * length + i] = (double) tokens[i];
            }
        }
        return Map.of(Tokenizer.TOKENS, ids);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "radford2021clip",
                "A. Radford, J. W. Kim, C. Hallacy et al.",
                "Learning transferable visual models from natural language supervision",
                2021,
                "ICML"));
    }

    @Override
    public void close() {
        weights.close();
    }

    private record Score(ClipFolder folder, double scale, long[] imageShape) implements GraphDefinition {
        @Override
        public String name() {
            return "clip score";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec(IMAGE, TensorSpec.BATCH, imageShape[0], imageShape[1], imageShape[2]),
                    new TensorSpec(
                            Tokenizer.TOKENS,
                            TensorSpec.BATCH,
                            folder.tokenizer().length()));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T picture = prepared(ops, Objects.requireNonNull(inputs.get(IMAGE)));
            T a = folder.vision().apply(ops, picture, ClipVisionModel.Output.PROJECTED);
            T tokens = Objects.requireNonNull(inputs.get(Tokenizer.TOKENS));
            T b = folder.text().apply(ops, tokens, ClipTextModel.Output.PROJECTED);
            T lengths = ops.mul(squares(ops, a), squares(ops, b));
            T cosine = ops.div(ops.sum(ops.mul(a, b), false, 1), ops.sqrt(ops.shift(lengths, TINY)));
            return ops.scale(cosine, scale);
        }

        private static <T> T squares(Ops<T> ops, T x) {
            return ops.sum(ops.mul(x, x), false, 1);
        }

        private <T> T prepared(Ops<T> ops, T image) {
            T colours = imageShape[0] == 3 ? image : ops.concat(1, Collections.nCopies(3, image));
            int size = folder.vision().config().imageSize();
            int height = Math.toIntExact(imageShape[1]);
            int width = Math.toIntExact(imageShape[2]);
            double factor = (double) size / Math.min(height, width);
            Resampling resampling = folder.preparation().resampling();
            T x = colours;
            if (height != size || width != size) {
                double[] rows = resampling.matrix(height, (int) Math.round(height * factor), size);
                double[] columns = resampling.matrix(width, (int) Math.round(width * factor), size);
                x = ops.matmul(ops.constant(rows, size, height), x);
                x = ops.matmul(x, ops.transpose(ops.constant(columns, size, width), 1, 0));
            }
            T mean = ops.constant(numbers(folder.preparation().mean()), 3, 1, 1);
            T deviation = ops.constant(numbers(folder.preparation().deviation()), 3, 1, 1);
            return ops.div(ops.sub(x, mean), deviation);
        }

        private static double[] numbers(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }
}
