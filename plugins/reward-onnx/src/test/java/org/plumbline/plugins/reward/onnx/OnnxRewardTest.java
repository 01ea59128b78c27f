package org.plumbline.plugins.reward.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.toolkit.image.Resampling;
import org.plumbline.toolkit.onnx.OnnxFile;
import org.plumbline.toolkit.onnx.OnnxGraph;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/** What kind of reward a file becomes, and what is refused. */
class OnnxRewardTest {
    @TempDir
    private Path folder;

    private static RewardModel reward(Map<String, Object> settings) {
        return Settings.reward(Settings.GOLDEN, settings);
    }

    private static void assertRefused(StandardError code, Map<String, Object> settings, String... words) {
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> reward(settings));
        assertEquals(code, refusal.code(), refusal.getMessage());
        for (String word : words) {
            assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
        }
    }

    private static double[] noise(long seed, int size) {
        return new SplittableRandom(seed).doubles(size).toArray();
    }

    @Test
    void aFileWithUnknownOperatorsIsScoredAndSaysWhyItHasNoGradient() {
        try (RewardModel reward = reward(Map.of("model", "steps.onnx", "scale", -2))) {
            BlackBoxRewardModel scored = assertInstanceOf(BlackBoxRewardModel.class, reward);
            assertTrue(scored.whyNoGradient().contains("CumSum (/CumSum); Round (/Round)"), scored.whyNoGradient());
            double[] image = noise(5, 3 * 16 * 16);
            double expected = 0;
            double sum = 0;
            for (int i = 0; i < image.length; i++) {
                sum = i % 16 == 0 ? 0 : sum;
                sum += Math.rint(4 * (float) image[i]);
                expected += sum / image.length;
            }
            double[] found = scored.score(new ImageBatch(image, 1, 3, 16, 16), List.of(""));
            assertEquals(-2 * expected, found[0], 1e-5 * expected);
        }
        assertRefused(
                StandardError.UNSUPPORTED, Map.of("model", "steps.onnx", "gradient", "required"), "CumSum", "Round");
    }

    @Test
    void openSizesChannelsLastAndBytesAreWhatTheSettingsSay() {
        Map<String, Object> settings =
                Map.of("model", "open.onnx", "layout", "nhwc", "range", "bytes", "height", 9, "width", 5, "column", 2);
        double[] image = noise(6, 3 * 9 * 5);
        double[] bytes = new double[image.length];
        for (int i = 0; i < image.length; i++) {
            bytes[i] = 255 * image[i % 3 * 45 + i / 3];
        }
        try (RewardModel reward = reward(settings);
                OrtNetwork file = OrtNetwork.open(Settings.GOLDEN.resolve("open.onnx"))) {
            double[] expected = file.run("y", Map.of("x", new OrtNetwork.Row(bytes, 9, 5, 3)));
            assertEquals(expected[2], score(reward, image, new long[] {3, 9, 5}, "")[0], 1e-5);
        }
        assertRefused(
                StandardError.MISSING_KEY, Map.of("model", "open.onnx", "layout", "nhwc", "column", 2), "height: 224");
    }

    /** A tokenizer of letters, whose special tokens are those of the text network. */
    private Path tokenizer() throws IOException {
        StringBuilder vocabulary = new StringBuilder("{");
        for (int id = 0; id < 26; id++) {
            char letter = (char) ('a' + id);
            vocabulary.append('"').append(letter).append("\": ").append(id).append(", ");
            vocabulary
                    .append('"')
                    .append(letter)
                    .append("</w>\": ")
                    .append(id + 26)
                    .append(", ");
        }
        Files.writeString(folder.resolve("vocab.json"), vocabulary + "\"<|startoftext|>\": 62, \"<|endoftext|>\": 63}");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
        return folder;
    }

    @ParameterizedTest
    @CsvSource({"vision-14, text-21, auto", "vision-21, text-14, auto", "vision-21, text-21, none"})
    void theScoreIsTheCosineOfImageAndText(String vision, String text, String gradient) throws IOException {
        Map<String, Object> settings = Map.of(
                "model",
                vision + ".onnx",
                "text",
                text + ".onnx",
                "tokenizer",
                tokenizer().toAbsolutePath().toString(),
                "scale",
                100,
                "gradient",
                gradient);
        List<String> prompts = List.of("a cat", "two dogs", "");
        double[] images = noise(7, 3 * 3 * 16 * 16);
        double[] vectors = values(graph(vision), images, 3);
        try (RewardModel reward = reward(settings)) {
            double[] scores = score(reward, images, new long[] {3, 16, 16}, prompts.toArray(new String[0]));
            ClipTokenizer tokenizer = ClipTokenizer.read(folder, 12);
            for (int row = 0; row < 3; row++) {
                double[] ids = Arrays.stream(tokenizer.tokenize(prompts.get(row)))
                        .mapToDouble(id -> id)
                        .toArray();
                double[] wanted = Readout.direction(values(graph(text), ids, 1));
                double[] found = Readout.direction(Arrays.copyOfRange(vectors, 8 * row, 8 * row + 8));
                double cosine = 0;
                for (int i = 0; i < 8; i++) {
                    cosine += wanted[i] * found[i];
                }
                assertEquals(100 * cosine, scores[row], 1e-4, prompts.get(row));
            }
        }
    }

    @Test
    void networksThatDoNotBelongTogetherAreRefused() throws IOException {
        String tokenizer = tokenizer().toAbsolutePath().toString();
        assertRefused(
                StandardError.WRONG_SHAPE,
                Map.of("model", "resnet-14.onnx", "text", "text-14.onnx", "tokenizer", tokenizer),
                "the text network gives 8 numbers, the image network 10");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 10}");
        assertRefused(
                StandardError.WRONG_SHAPE,
                Map.of("model", "vision-14.onnx", "text", "text-14.onnx", "tokenizer", tokenizer),
                "texts of 10 tokens",
                "x[?, 12]");
        assertRefused(
                StandardError.BAD_VALUE,
                Map.of("model", "vision-14.onnx", "text", "vision-14.onnx", "tokenizer", tokenizer),
                "[batch, length]");
    }

    @Test
    void aGraphThatDoesNotComputeWhatTheFileDoesIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(Settings.GOLDEN.resolve("vision-21.onnx"));
        OnnxFile whole = OnnxFile.read(Settings.GOLDEN.resolve("vision-21.onnx"));
        float[] weight =
                whole.initializers().get("model.visual_projection.weight").floats();
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (data.getFloat(at) != weight[0] || data.getFloat(at + 4) != weight[1]) {
            at++;
        }
        data.putFloat(at, weight[0] + 0.1f);
        Path changed = Files.write(folder.resolve("changed.onnx"), bytes);
        ImagePreparation preparation = new ImagePreparation(
                3,
                16,
                16,
                Configuration.Axes.NCHW,
                Configuration.Range.UNIT,
                List.of(0.0),
                List.of(1.0),
                Resampling.BICUBIC,
                true);
        try (OrtNetwork file = OrtNetwork.open(Settings.GOLDEN.resolve("vision-21.onnx"))) {
            Verification verification = new Verification(file, "y", "x", preparation);
            assertEquals(8, verification.numbers());
            verification.compare(OnnxGraph.of(whole, "y", Map.of()));
            OnnxGraph other = OnnxGraph.of(OnnxFile.read(changed), "y", Map.of());
            PlumblineException refusal = assertThrows(PlumblineException.class, () -> verification.compare(other));
            assertEquals(StandardError.DISAGREEMENT, refusal.code());
            assertTrue(refusal.getMessage().contains("by ONNX Runtime"), refusal.getMessage());
            assertFalse(refusal.getMessage().contains("NaN"), refusal.getMessage());
        }
    }

    @Test
    void settingsThatSayTooLittleTooMuchOrNonsenseAreRefused() {
        assertRefused(StandardError.MISSING_KEY, Map.of("model", "resnet-14.onnx"), "10 numbers", "column");
        assertRefused(StandardError.BAD_VALUE, Map.of("model", "resnet-14.onnx", "column", 10), "0 to 9");
        assertRefused(
                StandardError.BAD_VALUE,
                Map.of("model", "resnet-14.onnx", "column", 1, "classes", List.of("a")),
                "at most one");
        assertRefused(StandardError.BAD_VALUE, Map.of("model", "vision-14.onnx", "text", "text-14.onnx"), "tokenizer");
        assertRefused(
                StandardError.BAD_VALUE, Map.of("model", "resnet-14.onnx", "column", 1, "width", 224), "width 224");
        assertRefused(
                StandardError.BAD_VALUE,
                Map.of("model", "resnet-14.onnx", "column", 1, "mean", List.of(1, 2)),
                "3 channels");
        assertRefused(StandardError.BAD_VALUE, Map.of("model", "resnet-14.onnx", "column", 1, "output", "z"), "'z'");
        assertRefused(
                StandardError.BAD_VALUE, Map.of("model", "resnet-14.onnx", "input", "z"), "'z'", "x[?, 3, 26, 20]");
        assertRefused(StandardError.BAD_VALUE, Map.of("model", "aesthetic-14.onnx"), "four axes");
        assertRefused(StandardError.MISSING_FILE, Map.of("model", "no.onnx"), "no.onnx");
    }

    @Test
    void aPromptMustNameOneClass() {
        try (RewardModel reward =
                reward(Map.of("model", "resnet-14.onnx", "classes", List.of("cat", "hot dog", "dog house")))) {
            DifferentiableRewardModel network = assertInstanceOf(DifferentiableRewardModel.class, reward);
            double[] wanted = network.inputs(List.of("One HOT dog, please")).get(Readout.WANTED);
            assertEquals(1, wanted[1]);
            assertEquals(1, Arrays.stream(wanted).sum());
            for (String prompt : List.of("a dog", "cats", "a cat and a hot dog")) {
                PlumblineException refusal =
                        assertThrows(PlumblineException.class, () -> network.inputs(List.of(prompt)));
                assertEquals(StandardError.BAD_VALUE, refusal.code());
                assertTrue(refusal.getMessage().contains("cat, hot dog, dog house"), refusal.getMessage());
            }
        }
    }

    private static OnnxGraph graph(String name) {
        return OnnxGraph.of(OnnxFile.read(Settings.GOLDEN.resolve(name + ".onnx")), "y", Map.of());
    }

    private static double[] values(OnnxGraph graph, double[] input, int rows) {
        return values(graph, graph.weights(), Map.of("x", input), rows);
    }

    private static double[] score(RewardModel reward, double[] images, long[] shape, String... prompts) {
        int rows = prompts.length;
        if (reward instanceof BlackBoxRewardModel scored) {
            return scored.score(
                    new ImageBatch(images, rows, (int) shape[0], (int) shape[1], (int) shape[2]), List.of(prompts));
        }
        DifferentiableRewardModel network = (DifferentiableRewardModel) reward;
        Map<String, double[]> inputs = new HashMap<>(network.inputs(List.of(prompts)));
        inputs.put(DifferentiableRewardModel.IMAGE, images);
        return values(network.graph(shape), network.weights(), inputs, rows);
    }

    private static double[] values(
            GraphDefinition graph, WeightSource weights, Map<String, double[]> values, int rows) {
        try (ComputeBackend backend = new ReferenceBackend();
                BackendSession session = backend.open();
                Network network = session.compile(graph, weights, ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            graph.inputs().forEach(spec -> {
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(values.get(spec.name()), shape));
            });
            return network.forward(arena, null, inputs).toDoubles();
        }
    }
}
