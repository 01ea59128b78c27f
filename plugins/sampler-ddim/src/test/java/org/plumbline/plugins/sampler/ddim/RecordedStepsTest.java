package org.plumbline.plugins.sampler.ddim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.problem.GoldenFolder;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/**
 * Steps of diffusers' DDIMScheduler, recorded in float32: 22 configurations at eta 0, 0.5 and 1, and a loop with
 * log-probabilities. Here a step is the program's table applied to plain arrays.
 *
 * <p>{@code -Dplumbline.golden=<folder>} reads {@code diffusers/schedulers/ddim.*} and every
 * {@code diffusers/<case>/ddim_loop.safetensors} from there instead of from the resources.
 */
class RecordedStepsTest {
    /** Of float32 numbers made by about ten float32 operations, relative to the largest. */
    private static final double TOLERANCE = 3e-6;

    @TestFactory
    Stream<DynamicTest> a_step_is_the_recorded_one() throws IOException {
        Path folder = golden("diffusers/schedulers");
        List<DynamicTest> tests = new ArrayList<>();
        new ObjectMapper()
                .readTree(folder.resolve("ddim.json").toFile()).properties().stream()
                        .filter(entry -> entry.getValue().has("config"))
                        .forEach(entry -> tests.add(dynamicTest(entry.getKey(), () -> {
                            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("ddim.safetensors"))) {
                                checkSteps(file, entry.getKey(), entry.getValue());
                            }
                        })));
        assertTrue(!tests.isEmpty());
        return tests.stream();
    }

    private static void checkSteps(SafetensorsFile file, String name, JsonNode row) {
        JsonNode config = row.get("config");
        NoiseSchedule schedule = schedule(config);
        double[] alphaBar = file.doubles(name + ".alphas_cumprod");
        for (int i = 0; i < alphaBar.length; i++) {
            assertEquals(alphaBar[i], schedule.alphaBar(37 * i), 1e-5 * alphaBar[i] + 1e-9);
        }
        double[] x = file.doubles("in.sample");
        double[] output = file.doubles("in.model_output");
        double[] noise = file.doubles("in.noise");
        int found = 0;
        for (double eta : new double[] {0, 0.5, 1}) {
            String key = name + ".prev.eta" + eta;
            if (!file.contains(key)) {
                continue;
            }
            found++;
            SamplerProgram program =
                    program(config, schedule, eta, row.get("steps").asInt());
            double[] labels = program.calls().stream()
                    .mapToDouble(call -> call.at().label())
                    .toArray();
            assertArrayEquals(file.doubles(name + ".timesteps"), labels);
            double[] next = file.doubles(key);
            double[] clean = file.doubles(name + ".pred_x0");
            for (int k = 0; k < program.size(); k++) {
                Step step = step(program, prediction(config), k, x, output);
                double[] with = step.mean.clone();
                for (int i = 0; i < with.length; i++) {
                    with[i] += program.calls().get(k).noise() * noise[i];
                }
                assertClose(part(next, k, x.length), with, "eta " + eta + ", call " + k);
                assertClose(part(clean, k, x.length), step.clean, "predicted sample of call " + k);
            }
        }
        assertTrue(found >= 2, () -> "steps of " + name);
    }

    @TestFactory
    Stream<DynamicTest> the_log_probability_of_a_step_is_the_recorded_one() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> cases = Files.list(golden("diffusers"))) {
            cases.filter(folder -> Files.exists(folder.resolve("ddim_loop.safetensors")))
                    .sorted()
                    .forEach(
                            folder -> tests.add(dynamicTest(folder.getFileName().toString(), () -> checkLoop(folder))));
        }
        assertTrue(!tests.isEmpty());
        return tests.stream();
    }

    /** Mean over the pixels of ln p(x' | x), from the recorded x, x' and network outputs. */
    private static void checkLoop(Path folder) throws IOException {
        JsonNode config = new ObjectMapper()
                .readTree(folder.resolve("scheduler/scheduler_config.json").toFile());
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("ddim_loop.safetensors"))) {
            double[] latents = file.doubles("eta1.latents");
            double[] outputs = file.doubles("eta1.model_output");
            double[] recorded = file.doubles("eta1.log_prob");
            int steps = file.doubles("timesteps").length;
            int images = 2;
            int size = outputs.length / steps;
            SamplerProgram program = program(config, schedule(config), 1, steps);
            for (int k = 0; k < recorded.length / images; k++) {
                double s = program.calls().get(k).noise();
                double[] x = part(latents, k, size);
                double[] next = part(latents, k + 1, size);
                double[] mean = step(program, prediction(config), k, x, part(outputs, k, size)).mean;
                for (int image = 0; image < images; image++) {
                    double sum = 0;
                    int pixels = size / images;
                    for (int i = image * pixels; i < (image + 1) * pixels; i++) {
                        sum += Math.pow((next[i] - mean[i]) / s, 2);
                    }
                    double found = -sum / pixels / 2 - Math.log(s) - Math.log(2 * Math.PI) / 2;
                    assertEquals(recorded[k * images + image], found, 2e-5, "call " + k + ", image " + image);
                }
            }
        }
    }

    /**
     * @param mean x' without noise
     * @param clean the predicted x0 that was used
     */
    private record Step(double[] mean, double[] clean) {}

    private static Step step(SamplerProgram program, PredictionType prediction, int k, double[] x, double[] output) {
        SamplerCall call = program.calls().get(k);
        double alpha = call.at().alpha();
        double sigma = call.at().sigma();
        PredictionType.Affine affine = prediction.to(program.wanted(), alpha, sigma);
        double[] h = new double[x.length];
        Arrays.setAll(h, i -> affine.ofInput() * x[i] + affine.ofPrediction() * output[i]);
        double[] m = program.transform().apply(h, 2);
        double[] mean = new double[x.length];
        Arrays.setAll(mean, i -> call.transition()[0][0] * x[i] + call.ofOutput()[0] * m[i] + call.ofRaw()[0] * h[i]);
        double[] clean = m.clone();
        if (program.wanted() == PredictionType.EPSILON) {
            Arrays.setAll(clean, i -> (x[i] - sigma * m[i]) / alpha);
        }
        return new Step(mean, clean);
    }

    private static void assertClose(double[] expected, double[] found, String what) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertArrayEquals(expected, found, TOLERANCE * scale, what);
    }

    private static double[] part(double[] values, int number, int size) {
        return Arrays.copyOfRange(values, number * size, (number + 1) * size);
    }

    static SamplerProgram program(JsonNode config, NoiseSchedule schedule, double eta, int steps) {
        Map<String, Object> settings = new HashMap<>();
        config.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (value.isBoolean()) {
                settings.put(entry.getKey(), value.booleanValue());
            } else if (value.isNumber()) {
                settings.put(entry.getKey(), value.numberValue());
            } else if (value.isTextual()) {
                settings.put(entry.getKey(), value.textValue());
            }
        });
        return Configured.ddim(Map.of("eta", eta))
                .program(new Sampler.Request(schedule, prediction(config), steps, settings));
    }

    static PredictionType prediction(JsonNode config) {
        return config.has("prediction_type")
                ? PredictionType.valueOf(config.get("prediction_type").asText().toUpperCase(Locale.ROOT))
                : PredictionType.EPSILON;
    }

    static NoiseSchedule schedule(JsonNode config) {
        double[] betas = BetaSchedule.of(config.get("beta_schedule").asText())
                .betas(
                        config.get("num_train_timesteps").asInt(),
                        config.get("beta_start").asDouble(),
                        config.get("beta_end").asDouble(),
                        Precision.FLOAT32);
        if (config.path("rescale_betas_zero_snr").asBoolean(false)) {
            betas = BetaSchedule.rescaleToZeroTerminalSnr(betas, Precision.FLOAT32);
        }
        return DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32);
    }

    /** A file or folder of the recorded numbers. */
    static Path golden(String name) {
        return GoldenFolder.find(name).orElseGet(() -> {
            try {
                return Path.of(Objects.requireNonNull(RecordedStepsTest.class.getResource(name), name)
                        .toURI());
            } catch (URISyntaxException impossible) {
                throw new AssertionError(impossible);
            }
        });
    }
}
