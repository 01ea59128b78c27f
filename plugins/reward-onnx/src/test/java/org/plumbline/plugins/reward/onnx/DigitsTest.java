package org.plumbline.plugins.reward.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** The shipped classifier of digits, from its .onnx file, both ways. */
class DigitsTest {
    private static final List<String> WORDS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
    private static final List<String> PROMPTS = List.of("a handwritten three", "a handwritten zero", "a Nine");
    private static final int[] DIGITS = {3, 0, 9};
    private static final int SIZE = 16 * 16;
    private static final double[] IMAGES =
            new SplittableRandom(3).doubles(3L * SIZE, -0.2, 1.2).toArray();

    private static RewardModel reward(String gradient) {
        return Settings.reward(
                Settings.DIGITS,
                Map.of("model", "classifier/model.onnx", "classes", WORDS, "unit", "nats", "gradient", gradient));
    }

    @Test
    void valueAndGradientAreThoseOfTheClassifierThatHasTheSameWeights() {
        try (RewardModel reward = reward("required");
                SafetensorsFile weights =
                        SafetensorsFile.open(Settings.DIGITS.resolve("classifier/model.safetensors"))) {
            DifferentiableRewardModel network = assertInstanceOf(DifferentiableRewardModel.class, reward);
            assertEquals("nats", reward.unit());
            Map<String, double[]> inputs = new HashMap<>(network.inputs(PROMPTS));
            inputs.put("image", IMAGES);
            double[] ones = {1, 1, 1};
            VectorsOf read = pulled(network.graph(new long[] {1, 16, 16}), network.weights(), inputs, ones);

            double[] marked = new double[30];
            for (int row = 0; row < 3; row++) {
                marked[10 * row + DIGITS[row]] = 1;
            }
            VectorsOf expected =
                    pulled(ConvolutionalClassifier.of(weights).graph(), weights, Map.of("image", IMAGES), marked);
            for (int row = 0; row < 3; row++) {
                assertEquals(expected.output[10 * row + DIGITS[row]], read.output[row], 1e-12);
            }
            assertArrayEquals(expected.gradient, read.gradient, 1e-12);
        }
    }

    @Test
    void withoutGradientTheScoreIsThatOfOnnxRuntimeBitForBit() throws OrtException {
        try (RewardModel reward = reward("none");
                OrtSession session = OrtEnvironment.getEnvironment()
                        .createSession(
                                Settings.DIGITS.resolve("classifier/model.onnx").toString())) {
            BlackBoxRewardModel scored = assertInstanceOf(BlackBoxRewardModel.class, reward);
            double[] scores = scored.score(new ImageBatch(IMAGES, 3, 1, 16, 16), PROMPTS);
            for (int row = 0; row < 3; row++) {
                float[] pixels = new float[SIZE];
                for (int i = 0; i < SIZE; i++) {
                    pixels[i] = (float) IMAGES[row * SIZE + i];
                }
                try (OnnxTensor image = OnnxTensor.createTensor(
                                OrtEnvironment.getEnvironment(), FloatBuffer.wrap(pixels), new long[] {1, 1, 16, 16});
                        OrtSession.Result result = session.run(Map.of("image", image))) {
                    float[][] all = (float[][]) result.get(0).getValue();
                    assertEquals(all[0][DIGITS[row]], scores[row]);
                }
            }
            assertTrue(scored.whyNoGradient().contains("gradient"), scored.whyNoGradient());
        }
    }

    private record VectorsOf(double[] output, double[] gradient) {}

    private static VectorsOf pulled(
            GraphDefinition graph, WeightSource weights, Map<String, double[]> values, double[] cotangent) {
        try (ComputeBackend backend = new ReferenceBackend();
                BackendSession session = backend.open();
                Network network = session.compile(graph, weights, ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            graph.inputs().forEach(spec -> {
                long[] shape = spec.shape();
                shape[0] = 3;
                inputs.put(spec.name(), arena.tensor(values.get(spec.name()), shape));
            });
            long[] shape = cotangent.length == 3 ? new long[] {3} : new long[] {3, cotangent.length / 3};
            VectorJacobian found = network.vjp(arena, null, inputs, arena.tensor(cotangent, shape), Set.of("image"));
            return new VectorsOf(
                    found.output().toDoubles(),
                    found.inputGradients().get("image").toDoubles());
        }
    }
}
