package org.plumbline.plugins.reward.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.reward.digits.DigitClassifier.Configuration;
import org.plumbline.plugins.reward.digits.DigitClassifier.Score;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

class DigitClassifierTest {
    private static final ConvolutionalClassifier SMALL = new ConvolutionalClassifier(1, 8, 2, 5, 10);
    private static final long[] SHAPE = {1, 8, 8};

    @TempDir
    private Path folder;

    @BeforeEach
    void writeAClassifier() {
        write(SMALL, "small.safetensors");
    }

    @Test
    void theProbabilitiesOfAllDigitsAddUpToOne() {
        double[] image = images(1);
        double sum = 0;
        for (int digit = 0; digit < 10; digit++) {
            try (DigitClassifier reward = reward(digit, Score.LOG_PROBABILITY)) {
                sum += Math.exp(
                        Graphs.score(reward, image, SHAPE, List.of("anything")).rewards()[0]);
            }
        }
        assertEquals(1, sum, 1e-12);
    }

    @Test
    void ofAVideoTheMiddleFrameCounts() {
        double[] frames = images(4);
        long[] video = {SHAPE[0], 4, SHAPE[1], SHAPE[2]};
        int size = frames.length / 4;
        double[] third = Arrays.copyOfRange(frames, 2 * size, 3 * size);
        try (DigitClassifier reward = reward(3, Score.LOG_PROBABILITY)) {
            Graphs.Scored whole = Graphs.score(reward, frames, video, List.of("anything"));
            Graphs.Scored still = Graphs.score(reward, third, SHAPE, List.of("anything"));
            assertArrayEquals(still.rewards(), whole.rewards());
            double[] gradient = new double[frames.length];
            System.arraycopy(still.gradient(), 0, gradient, 2 * size, size);
            assertArrayEquals(gradient, whole.gradient());
        }
    }

    @Test
    void thePromptSaysWhichDigitIsMeant() {
        double[] image = images(1);
        double[] three = new double[1];
        try (DigitClassifier fixed = reward(3, Score.LOG_PROBABILITY)) {
            three[0] = Graphs.score(fixed, image, SHAPE, List.of("anything")).rewards()[0];
        }
        try (DigitClassifier prompted = reward(null, Score.LOG_PROBABILITY)) {
            assertArrayEquals(
                    three,
                    Graphs.score(prompted, image, SHAPE, List.of("a bold slanted three"))
                            .rewards());
        }
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        List<String> prompts = List.of("a handwritten nine", "a thin 0");
        try (DigitClassifier reward = reward(null, Score.LOG_PROBABILITY)) {
            double[] exact = Graphs.score(reward, images(2), SHAPE, prompts).gradient();
            assertArrayEquals(Graphs.differences(reward, images(2), SHAPE, prompts, 1e-6), exact, 1e-8);
        }
    }

    @Test
    void exactlyOneDigitIsRecognisedInAnImage() {
        double[] image = images(1);
        double best = Double.NEGATIVE_INFINITY;
        int mostProbable = -1;
        double recognised = 0;
        int which = -1;
        for (int digit = 0; digit < 10; digit++) {
            try (DigitClassifier score = reward(digit, Score.LOG_PROBABILITY);
                    DigitClassifier yesNo = reward(digit, Score.RECOGNISED)) {
                double logProbability =
                        Graphs.score(score, image, SHAPE, List.of("x")).rewards()[0];
                if (logProbability > best) {
                    best = logProbability;
                    mostProbable = digit;
                }
                double found = Graphs.score(yesNo, image, SHAPE, List.of("x")).rewards()[0];
                assertTrue(found == 0 || found == 1, "recognised is " + found);
                recognised += found;
                which = found == 1 ? digit : which;
            }
        }
        assertEquals(1, recognised);
        assertEquals(mostProbable, which);
    }

    @ParameterizedTest
    @CsvSource({"a handwritten three,3", "NINE,9", "'seven, slanted',7", "a bold 4,4", "one or one,1"})
    void findsTheDigitInAPrompt(String prompt, int digit) {
        assertEquals(digit, DigitWords.digitOf(prompt));
    }

    @ParameterizedTest
    @CsvSource({"a handwritten letter", "three or four", "often", "''", "17"})
    void refusesAPromptWithoutExactlyOneDigit(String prompt) {
        PlumblineException thrown = assertThrows(PlumblineException.class, () -> DigitWords.digitOf(prompt));
        assertEquals(StandardError.BAD_VALUE, thrown.code());
        assertTrue(thrown.getMessage().contains("prompt '" + prompt + "'"), thrown.getMessage());
    }

    @Test
    void refusesImagesOfAnotherShape() {
        try (DigitClassifier reward = reward(null, Score.LOG_PROBABILITY)) {
            PlumblineException thrown =
                    assertThrows(PlumblineException.class, () -> reward.graph(new long[] {1, 16, 16}));
            assertEquals(StandardError.WRONG_SHAPE, thrown.code());
            assertTrue(thrown.getMessage().contains("[1, 8, 8]"), thrown.getMessage());
        }
    }

    @Test
    void refusesWeightsOfSomethingElse() {
        SafetensorsWriter.create()
                .add("conv1.weight", new double[4], 4)
                .add("fc1.weight", new double[4], 2, 2)
                .add("fc2.weight", new double[4], 2, 2)
                .write(folder.resolve("other.safetensors"));
        assertEquals(StandardError.WRONG_SHAPE, refused("other.safetensors"));
        SafetensorsWriter.create().add("x", new double[1], 1).write(folder.resolve("empty.safetensors"));
        assertEquals(StandardError.MALFORMED_FILE, refused("empty.safetensors"));
        write(new ConvolutionalClassifier(1, 8, 2, 5, 3), "three.safetensors");
        assertEquals(StandardError.WRONG_SHAPE, refused("three.safetensors"));
    }

    private StandardError refused(String file) {
        PlumblineException thrown = assertThrows(
                PlumblineException.class,
                () -> new DigitClassifier(new Configuration(file, null, Score.LOG_PROBABILITY), new Here()));
        return (StandardError) thrown.code();
    }

    private DigitClassifier reward(Integer digit, Score score) {
        return new DigitClassifier(new Configuration("small.safetensors", digit, score), new Here());
    }

    private void write(ConvolutionalClassifier classifier, String name) {
        double[] theta = classifier.initial(new SplittableRandom(8));
        SafetensorsWriter file = SafetensorsWriter.create();
        for (ParameterLayout.Entry entry : classifier.layout().entries()) {
            file.addRounded(entry.name(), theta, entry.offset(), entry.shape());
        }
        file.write(folder.resolve(name));
    }

    private static double[] images(int rows) {
        SplittableRandom random = new SplittableRandom(21);
        double[] images = new double[rows * 64];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextDouble();
        }
        return images;
    }

    private final class Here implements PluginContext {
        @Override
        public String id() {
            return "digit-classifier";
        }

        @Override
        public Path resolve(String name) {
            return folder.resolve(name);
        }
    }
}
