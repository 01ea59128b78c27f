package org.plumbline.kernel.pretrain;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * Cross-entropy of a classifier on distorted images. The target gives the true class 1 - s + s/C and every other s/C,
 * with smoothing s: log-probabilities then stay moderate, and their gradients useful, on images that are clear.
 */
final class ClassifierObjective implements Objective {
    private static final String TARGET = "target";

    private final ConvolutionalClassifier classifier;
    private final CaptionedDataset dataset;
    private final TrainingSettings settings;
    private final Distortion distortion;
    private final double smoothing;
    private final Presentation presentation;

    ClassifierObjective(
            ConvolutionalClassifier classifier,
            CaptionedDataset dataset,
            TrainingSettings settings,
            Distortion distortion,
            double smoothing) {
        this.classifier = classifier;
        this.dataset = dataset;
        this.settings = settings;
        this.distortion = distortion;
        this.smoothing = smoothing;
        this.presentation = new Presentation(
                Split.CLASSIFIER, dataset.size(Split.CLASSIFIER), settings.batch(), settings.seed(), "classifier");
    }

    @Override
    public GraphDefinition loss() {
        return new CrossEntropy(classifier);
    }

    @Override
    public ParameterLayout layout() {
        return classifier.layout();
    }

    @Override
    public double[] initial() {
        return classifier.initial(NoiseStream.of(settings.seed(), "classifier.initial", 0));
    }

    @Override
    public Map<String, double[]> batch(long iteration) {
        int rows = settings.batch();
        int classes = classifier.classes();
        int size = classifier.channels() * classifier.side() * classifier.side();
        double[] images = new double[rows * size];
        double[] targets = new double[rows * classes];
        for (int row = 0; row < rows; row++) {
            NoiseStream random = NoiseStream.of(settings.seed(), "classifier.example", iteration, row, 0);
            CaptionedDataset.Example example =
                    dataset.example(presentation.split(), presentation.index(iteration, row), random);
            double[] distorted = distortion.apply(
                    image(example), classifier.channels(), classifier.side(), classifier.side(), 0, random);
            System.arraycopy(distorted, 0, images, row * size, size);
            for (int c = 0; c < classes; c++) {
                targets[row * classes + c] = smoothing / classes + (c == example.label() ? 1 - smoothing : 0);
            }
        }
        return Map.of(ConvolutionalClassifier.IMAGE, images, TARGET, targets);
    }

    /** The pixels of an example on the scale from 0 to 1. */
    static double[] image(CaptionedDataset.Example example) {
        double[] image = new double[example.pixels().length];
        for (int i = 0; i < image.length; i++) {
            image[i] = (example.pixels()[i] + 1) / 2;
        }
        return image;
    }

    private record CrossEntropy(ConvolutionalClassifier classifier) implements GraphDefinition {
        @Override
        public String name() {
            return "classifier-cross-entropy";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    classifier.graph().inputs().get(0), new TensorSpec(TARGET, TensorSpec.BATCH, classifier.classes()));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T image = Objects.requireNonNull(inputs.get(ConvolutionalClassifier.IMAGE));
            T target = Objects.requireNonNull(inputs.get(TARGET));
            return ops.scale(ops.sum(ops.mul(target, classifier.logProbabilities(ops, image)), false, 1), -1);
        }
    }
}
