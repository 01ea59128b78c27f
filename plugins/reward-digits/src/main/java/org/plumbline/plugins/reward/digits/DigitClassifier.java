package org.plumbline.plugins.reward.digits;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * How clearly an image shows a digit: log p(digit | image) of a classifier that has never seen the generator's training
 * images. The digit is the one that the prompt names, or a fixed one. Of a video of F frames it looks at frame F / 2, counted
 * from 0.
 */
@Plugin(
        id = "digit-classifier",
        description = "log-probability of the digit that the prompt names, or whether it is recognised",
        configuration = DigitClassifier.Configuration.class)
final class DigitClassifier implements DifferentiableRewardModel {
    /** What the score is. */
    enum Score {
        /** The natural logarithm of the digit's probability, at most 0. */
        LOG_PROBABILITY,
        /**
         * 1 where no other digit is more probable, else 0. For measuring: its gradient is zero wherever it has one.
         */
        RECOGNISED
    }

    /**
     * Settings.
     *
     * @param model file of the classifier's weights
     * @param digit the digit to look for whatever the prompt says
     * @param score what to return
     */
    record Configuration(
            @Setting(
                    description = "safetensors file with the classifier's weights",
                    defaultValue = "models/digits/classifier/model.safetensors")
            String model,

            @Setting(
                    description = "digit to look for in all images; without it, the one that the prompt names",
                    min = 0,
                    max = 9)
            @Nullable
            Integer digit,

            @Setting(
                    description = "log-probability (in nats, has a gradient) or recognised (1 or 0, for evaluation)",
                    defaultValue = "log-probability")
            Score score) {}

    /** The graph input that marks the wanted digit of each row with 1 among zeros. */
    private static final String WANTED = "wanted";

    /** Turns any difference of log-probabilities that float32 can tell from 0 into more than 1. */
    private static final double STEEP = 1e12;

    private final SafetensorsFile weights;
    private final ConvolutionalClassifier classifier;
    private final @Nullable Integer digit;
    private final Score score;

    @Inject
    DigitClassifier(Configuration configuration, PluginContext context) {
        this.digit = configuration.digit();
        this.score = configuration.score();
        this.weights = SafetensorsFile.open(context.resolve(configuration.model()));
        try {
            this.classifier = ConvolutionalClassifier.of(weights);
            if (classifier.classes() != DigitWords.COUNT) {
                throw PlumblineException.of(StandardError.WRONG_SHAPE)
                        .asked("the classifier " + configuration.model() + " knows " + classifier.classes()
                                + " classes")
                        .available(DigitWords.COUNT + ", one per digit")
                        .build();
            }
        } catch (RuntimeException failure) {
            weights.close();
            throw failure;
        }
    }

    @Override
    public String unit() {
        return score == Score.LOG_PROBABILITY ? "nats" : "fraction";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        boolean video = imageShape.length == 4;
        long[] seen = video ? new long[] {imageShape[0], imageShape[2], imageShape[3]} : imageShape;
        if (!Arrays.equals(seen, classifier.imageShape())) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("digit-classifier was asked to score images of " + Arrays.toString(imageShape))
                    .available(Arrays.toString(classifier.imageShape())
                            + " (channels, height, width), or videos with frames of this size")
                    .remedy("use a model with images of this shape, or a classifier that was trained on yours")
                    .build();
        }
        return new WantedDigit(classifier, score, video ? imageShape[1] : 0);
    }

    @Override
    public WeightSource weights() {
        return weights;
    }

    @Override
    public Map<String, double[]> inputs(List<String> prompts) {
        double[] wanted = new double[prompts.size() * DigitWords.COUNT];
        for (int row = 0; row < prompts.size(); row++) {
            int named = digit != null ? digit : DigitWords.digitOf(prompts.get(row));
            wanted[row * DigitWords.COUNT + named] = 1;
        }
        return Map.of(WANTED, wanted);
    }

    @Override
    public void close() {
        weights.close();
    }

    /**
     * The reward's network.
     *
     * @param frames of a video; 0 for still images
     */
    private record WantedDigit(ConvolutionalClassifier classifier, Score score, long frames)
            implements GraphDefinition {
        @Override
        public String name() {
            return "digit-classifier";
        }

        @Override
        public List<TensorSpec> inputs() {
            int side = classifier.side();
            return List.of(
                    frames == 0
                            ? new TensorSpec(IMAGE, TensorSpec.BATCH, classifier.channels(), side, side)
                            : new TensorSpec(IMAGE, TensorSpec.BATCH, classifier.channels(), frames, side, side),
                    new TensorSpec(WANTED, TensorSpec.BATCH, DigitWords.COUNT));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T wanted = Inputs.get(inputs, WANTED);
            T all = classifier.logProbabilities(ops, frames == 0 ? Inputs.get(inputs, IMAGE) : middle(ops, inputs));
            T ofWanted = ops.sum(ops.mul(all, wanted), true, 1);
            if (score == Score.LOG_PROBABILITY) {
                return ops.sum(ofWanted, false, 1);
            }
            T better = ops.clamp(ops.scale(ops.sub(all, ofWanted), STEEP), 0, 1);
            return ops.relu(ops.shift(ops.scale(ops.sum(better, false, 1), -1), 1));
        }

        private <T> T middle(Ops<T> ops, Map<String, T> inputs) {
            int side = classifier.side();
            T frame = ops.slice(Inputs.get(inputs, IMAGE), 2, frames / 2, frames / 2 + 1);
            return ops.reshape(frame, TensorSpec.BATCH, classifier.channels(), side, side);
        }
    }
}
