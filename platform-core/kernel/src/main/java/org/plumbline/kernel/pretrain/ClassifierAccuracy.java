package org.plumbline.kernel.pretrain;

import java.util.Map;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * The share of a split that a classifier recognises, images as they are.
 *
 * @param correct number of images whose most probable class is their label
 * @param images number of images
 */
record ClassifierAccuracy(int correct, int images) {
    private static final int ROWS = 100;

    static ClassifierAccuracy of(
            ConvolutionalClassifier classifier,
            double[] theta,
            CaptionedDataset dataset,
            Split split,
            ComputeBackend backend) {
        int images = dataset.size(split);
        int correct = 0;
        try (BackendSession session = backend.open();
                Network network = session.compile(classifier.graph(), WeightSource.none(), classifier.layout())) {
            for (int from = 0; from < images; from += ROWS) {
                correct += correct(
                        classifier, theta, dataset, split, session, network, from, Math.min(images, from + ROWS));
            }
        }
        return new ClassifierAccuracy(correct, images);
    }

    private static int correct(
            ConvolutionalClassifier classifier,
            double[] theta,
            CaptionedDataset dataset,
            Split split,
            BackendSession session,
            Network network,
            int from,
            int to) {
        int size = classifier.channels() * classifier.side() * classifier.side();
        double[] pixels = new double[(to - from) * size];
        int[] labels = new int[to - from];
        for (int i = from; i < to; i++) {
            CaptionedDataset.Example example = dataset.example(split, i, NoiseStream.of(0, "accuracy", i));
            System.arraycopy(ClassifierObjective.image(example), 0, pixels, (i - from) * size, size);
            labels[i - from] = example.label();
        }
        try (TensorArena arena = session.arena()) {
            Tensor input = arena.tensor(pixels, to - from, classifier.channels(), classifier.side(), classifier.side());
            double[] scores = network.forward(
                            arena, arena.tensor(theta, theta.length), Map.of(ConvolutionalClassifier.IMAGE, input))
                    .toDoubles();
            int correct = 0;
            for (int row = 0; row < labels.length; row++) {
                if (largest(scores, row * classifier.classes(), classifier.classes()) == labels[row]) {
                    correct++;
                }
            }
            return correct;
        }
    }

    private static int largest(double[] scores, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (scores[from + i] > scores[from + best]) {
                best = i;
            }
        }
        return best;
    }

    /** The share that is recognised. */
    double share() {
        return (double) correct / images;
    }

    /** Its standard error. */
    double standardError() {
        return Math.sqrt(share() * (1 - share()) / images);
    }
}
