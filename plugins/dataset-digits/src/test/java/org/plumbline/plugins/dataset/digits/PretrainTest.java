package org.plumbline.plugins.dataset.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginProvider;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.pretrain.Pretrain;
import org.plumbline.kernel.pretrain.PretrainFile;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;

/** Pre-training as a whole, on a toy problem in float64. */
class PretrainTest {
    private static final String DENOISER = """
            kind: denoiser
            output: %s
            dataset: bars
            backend: reference
            denoiser:
              model: .
              training: {iterations: %d, batch: 16, seed: 3, learning-rate: 1e-2, warm-up: 10, checkpoint-every: 10, workers: %d}
            """;
    private static final String CLASSIFIER = """
            kind: classifier
            output: %s
            dataset: bars
            backend: reference
            classifier:
              width: 4
              hidden: 8
              distortion: {rotation: 0.05, shear: 0, shift: 0.05}
              training: {iterations: 150, batch: 20, seed: 3, learning-rate: 1e-2, warm-up: 10}
            """;

    @TempDir
    private Path folder;

    private final PluginCatalog catalog = new PluginCatalog();
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void registerPlugins() {
        register(PluginRole.DATASET, "bars", ToyProblem.Bars::new);
        register(PluginRole.BACKEND, "reference", ReferenceBackend::new);
        register(PluginRole.MODEL, "diffusers", ToyProblem.Loader::new);
        register(PluginRole.SAMPLER, "ddim", NoSampler::new);
    }

    @Test
    void theDenoisingLossFallsToAFractionOfItsStart() throws IOException {
        train("toy", DENOISER, 400, 1, n -> {}, new Interruption());
        List<Double> losses = losses("toy");
        double start = losses.get(0);
        double end = losses.subList(losses.size() - 5, losses.size()).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
        assertEquals(40, losses.size());
        assertTrue(end < 0.15 * start, "from " + start + " to " + end);
    }

    @Test
    void aRunThatIsStoppedAndResumedEndsWithTheSameBits() throws IOException {
        train("whole", DENOISER, 30, 1, n -> {}, new Interruption());
        Interruption stop = new Interruption();
        PlumblineException stopped = assertThrows(
                PlumblineException.class,
                () -> train(
                        "parts",
                        DENOISER,
                        30,
                        1,
                        n -> {
                            if (n == 13) {
                                stop.request();
                            }
                        },
                        stop));
        assertEquals(StandardError.INTERRUPTED, stopped.code());
        train("parts", DENOISER, 30, 1, n -> {}, new Interruption());
        assertTrue(said.contains("going on after update 13 of 30"), said::toString);
        assertSameBits("whole", "parts");
    }

    @Test
    void aRunThatIsKilledGoesOnFromItsLastCheckpointToTheSameBits() throws IOException {
        train("whole", DENOISER, 30, 1, n -> {}, new Interruption());
        assertThrows(
                IllegalStateException.class,
                () -> train(
                        "parts",
                        DENOISER,
                        30,
                        1,
                        n -> {
                            if (n == 27) {
                                throw new IllegalStateException("power failure");
                            }
                        },
                        new Interruption()));
        train("parts", DENOISER, 30, 1, n -> {}, new Interruption());
        assertTrue(said.contains("going on after update 20 of 30"), said::toString);
        assertSameBits("whole", "parts");
    }

    @Test
    void workersThatShareTheBatchComputeTheSameGradientUpToRounding() {
        train("one", DENOISER, 20, 1, n -> {}, new Interruption());
        train("three", DENOISER, 20, 3, n -> {}, new Interruption());
        assertArrayEquals(weights("one"), weights("three"), 1e-9);
    }

    @Test
    void aCheckpointOfAnotherRecipeIsRefused() {
        train("toy", DENOISER, 20, 1, n -> {}, new Interruption());
        PlumblineException thrown = assertThrows(
                PlumblineException.class, () -> train("toy", DENOISER, 21, 1, n -> {}, new Interruption()));
        assertEquals(StandardError.INCOMPATIBLE, thrown.code());
        assertTrue(thrown.getMessage().contains("20 updates of 16"), thrown.getMessage());
    }

    @Test
    void aClassifierLearnsTheToyAndSaysHowWell() {
        run("classifier", CLASSIFIER.formatted(folder.resolve("classifier")), n -> {}, new Interruption());
        assertTrue(
                said.stream().anyMatch(line -> line.startsWith("40 of 40 test images recognised, 100.00 %")),
                said::toString);
        assertTrue(Files.exists(folder.resolve("classifier/model.safetensors")));
    }

    @Test
    void aFileWithAMistakeIsRefusedWithAdvice() {
        refused(
                StandardError.UNKNOWN_KEY,
                "iteration",
                "kind: denoiser\noutput: x\ndataset: bars\ndenoiser: " + "{model: ., training: {iteration: 3}}");
        refused(StandardError.MISSING_KEY, "'dataset'", "kind: denoiser\noutput: x");
        refused(StandardError.MISSING_KEY, "'classifier'", "kind: classifier\noutput: x\ndataset: bars");
        refused(StandardError.BAD_VALUE, "'kind'", "kind: painter\noutput: x\ndataset: bars");
        refused(StandardError.MALFORMED_FILE, "YAML", "kind: [");
        refused(
                StandardError.UNKNOWN_PLUGIN,
                "bars",
                "kind: denoiser\noutput: x\ndataset: dots\ndenoiser: " + "{model: ., training: {iterations: 3}}");
    }

    private void refused(StandardError code, String hint, String text) {
        PlumblineException thrown =
                assertThrows(PlumblineException.class, () -> run("refused", text, n -> {}, new Interruption()));
        assertEquals(code, thrown.code(), thrown.getMessage());
        assertTrue(thrown.getMessage().contains(hint), thrown.getMessage());
    }

    private void train(String name, String text, int iterations, int workers, LongConsumer watch, Interruption stop) {
        run(name, text.formatted(folder.resolve(name), iterations, workers), watch, stop);
    }

    private void run(String name, String text, LongConsumer watch, Interruption stop) {
        Path file = folder.resolve(name + ".yaml");
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        new Pretrain(catalog, Path::of).run(PretrainFile.read(file), new Watch(watch), stop);
    }

    private void assertSameBits(String one, String other) throws IOException {
        for (String file : List.of("toy.safetensors", "training/checkpoint.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(folder.resolve(one).resolve(file)),
                    Files.readAllBytes(folder.resolve(other).resolve(file)),
                    file);
        }
    }

    private double[] weights(String name) {
        return new ToyProblem.Loader().untrained(folder).load(folder.resolve(name));
    }

    private List<Double> losses(String name) throws IOException {
        Pattern loss = Pattern.compile("\"loss\":([^,]+),");
        List<Double> losses = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(name).resolve("training/training.jsonl"))) {
            Matcher found = loss.matcher(line);
            assertTrue(found.find(), line);
            losses.add(Double.parseDouble(found.group(1)));
        }
        return losses;
    }

    private void register(PluginRole role, String id, Supplier<Object> factory) {
        catalog.register(new PluginProvider() {
            @Override
            public PluginDescription description() {
                return new PluginDescription(id, role, "1.0.0", "test", id, Plugin.NoSettings.class);
            }

            @Override
            public Object create(Map<String, Object> settings, Path base) {
                return factory.get();
            }
        });
    }

    private static final class NoSampler implements Sampler {
        @Override
        public SamplerProgram program(Request request) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Watch implements Progress {
        private final LongConsumer watch;

        private Watch(LongConsumer watch) {
            this.watch = watch;
        }

        @Override
        public Task begin(String title, long total, String unit) {
            return new Task() {
                @Override
                public void advance(long done, Map<String, Double> values) {
                    watch.accept(done);
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void say(String line) {
            said.add(line);
        }
    }
}
