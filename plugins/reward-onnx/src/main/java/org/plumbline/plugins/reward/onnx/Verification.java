package org.plumbline.plugins.reward.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.onnx.OnnxGraph;

/**
 * Holds what was read from a file against the file. The graph is written as a model of its own, and ONNX Runtime runs both
 * on random images: any difference beyond rounding is a mistake of the reader (or the writer).
 */
final class Verification {
    /** Largest difference that rounding in float32 explains, relative to the largest number of the output. */
    private static final double TOLERANCE = 1e-3;

    private static final int IMAGES = 3;

    private final String output;
    private final String input;
    private final ImagePreparation preparation;
    private final double[][] images = new double[IMAGES][];
    private final double[][] expected = new double[IMAGES][];

    /** Runs the file. */
    Verification(OrtNetwork file, String output, String input, ImagePreparation preparation) {
        this.output = output;
        this.input = input;
        this.preparation = preparation;
        SplittableRandom random = new SplittableRandom(17);
        long[] shape = {preparation.channels(), preparation.height(), preparation.width()};
        int size = Math.toIntExact(shape[0] * shape[1] * shape[2]);
        try (OrtNetwork prepare = OrtNetwork.of(preparation.graph(shape), WeightSource.none())) {
            for (int i = 0; i < IMAGES; i++) {
                double[] pixels = random.doubles(size).toArray();
                images[i] = prepare.run(Map.of(DifferentiableRewardModel.IMAGE, new OrtNetwork.Row(pixels, shape)));
                expected[i] = file.run(output, row(images[i]));
            }
        }
    }

    /** How many numbers the output has per image. */
    int numbers() {
        return expected[0].length;
    }

    /**
     * Compares.
     *
     * @throws PlumblineException {@link StandardError#DISAGREEMENT} with the numbers
     */
    void compare(OnnxGraph graph) {
        double largest = 0;
        double difference = 0;
        String where = "";
        try (OrtNetwork read = OrtNetwork.of(graph, graph.weights())) {
            for (int i = 0; i < IMAGES; i++) {
                double[] found = read.run(row(images[i]));
                for (int k = 0; k < expected[i].length; k++) {
                    double apart = found.length == expected[i].length
                            ? Math.abs(found[k] - expected[i][k])
                            : Double.POSITIVE_INFINITY;
                    largest = Math.max(largest, Math.abs(expected[i][k]));
                    if (!(apart <= difference)) {
                        difference = apart;
                        where = "number " + k + " of image " + i + ": " + expected[i][k] + " by ONNX Runtime, "
                                + (found.length == expected[i].length ? found[k] : found.length + " numbers")
                                + " by the graph";
                    }
                }
            }
        }
        if (!(difference <= TOLERANCE * Math.max(largest, Float.MIN_NORMAL))) {
            throw PlumblineException.of(StandardError.DISAGREEMENT)
                    .asked("the graph that was read from output '" + output + "' of " + graph
                            + " does not compute what the file does; " + where)
                    .available("differences up to " + TOLERANCE + " of the largest number, " + largest)
                    .remedy("set gradient: none to use the file as a reward without gradient, and report this file")
                    .build();
        }
    }

    private Map<String, OrtNetwork.Row> row(double[] image) {
        Map<String, OrtNetwork.Row> inputs = new HashMap<>();
        inputs.put(input, new OrtNetwork.Row(image, preparation.row()));
        return inputs;
    }
}
