package org.plumbline.testkit.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.problem.GoldenFolder;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.schedule.Precision;

/**
 * Whole loops of diffusers' schedulers on the model x t / (t + 1), in float32, against the tables of our samplers applied to
 * plain arrays: timesteps, noise levels, initial scale, sums of absolute values after every step, first numbers of the
 * result, log-probabilities.
 *
 * <p>The loops are rows of {@code scheduler_expectations.json}; {@code -Dplumbline.golden=<folder>} reads another file of
 * this name. The four images are ramps, and so is the noise of a step; rows from diffusers' own tests use PyTorch's
 * generator instead, and those in sigma over alpha have a quirk: they hand the scaled sample both to the model and to the
 * step. A row whose record begins in the middle starts there, from a sample with noise.
 */
public final class RecordedLoops {
    private static final String FILE = "scheduler_expectations.json";

    /** Further options and schedulers, in the same form. */
    private static final String MORE = "more_scheduler_expectations.json";

    private static final int IMAGES = 4;

    /** Of float32 loops, relative; what the rows state for their sums. */
    private static final double TOLERANCE = 1e-4;

    /** What float32 leaves of a state that a step takes to zero, relative to the state. */
    private static final double CANCELLATION = 1e-6;

    private static final double MEAN_TOLERANCE = 1e-3;
    private static final double LEVEL_TOLERANCE = 2e-5;

    /** Of a mean log-probability: at the last step x' - mean is a small difference, and divided by a small number. */
    private static final double LOG_PROBABILITY = 2e-5;

    private static final Set<String> TWO_CALLS_PER_STEP = Set.of(
            "HeunDiscreteScheduler",
            "KDPM2DiscreteScheduler",
            "KDPM2AncestralDiscreteScheduler",
            "FlowMatchHeunDiscreteScheduler");

    private static final Pattern VARIANCE = Pattern.compile(".*_get_variance\\((\\d+)(?:, (\\d+))?\\)");

    private RecordedLoops() {}

    /**
     * The tests of the rows that some schedulers made.
     *
     * @param schedulers names of their classes
     * @param sampler the sampler for a row, whose {@code step_kwargs} are settings of ours; for a row of scalar assertions
     *     the one with all its noise
     */
    public static Stream<DynamicTest> tests(Set<String> schedulers, Function<JsonNode, Sampler> sampler)
            throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        int number = 0;
        for (JsonNode row : rows()) {
            if (schedulers.contains(row.get("scheduler").asText())) {
                String name = number + ": " + row.get("test").asText().replaceFirst(".*::", "");
                tests.add(dynamicTest(name, () -> {
                    if (row.has("scalar_assertions")) {
                        checkVariances(row, sampler.apply(row));
                    } else {
                        new Loop(row, sampler.apply(row)).check();
                    }
                }));
            }
            number++;
        }
        return tests.stream();
    }

    /** All rows. */
    public static List<JsonNode> rows() throws IOException {
        Path named = GoldenFolder.find(FILE).orElse(null);
        List<JsonNode> rows = new ArrayList<>();
        for (String file : named == null ? List.of(FILE, MORE) : List.of(FILE)) {
            try (InputStream in = named != null
                    ? Files.newInputStream(named)
                    : Objects.requireNonNull(RecordedLoops.class.getResourceAsStream(file))) {
                new ObjectMapper().readTree(in).forEach(rows::add);
            }
        }
        return rows;
    }

    /** The schedule that a scheduler's settings describe, in float32. */
    public static NoiseSchedule schedule(String scheduler, JsonNode config) {
        int steps = config.path("num_train_timesteps").asInt(1000);
        if (scheduler.startsWith("Flow") || config.path("use_flow_sigmas").asBoolean(false)) {
            return new FlowSchedule(steps);
        }
        boolean karras = scheduler.equals("HeunDiscreteScheduler") || scheduler.startsWith("KDPM2");
        double[] betas;
        if (config.path("trained_betas").isArray()) {
            betas = new double[config.get("trained_betas").size()];
            Arrays.setAll(betas, n -> (float) config.get("trained_betas").get(n).asDouble());
        } else {
            betas = BetaSchedule.of(config.path("beta_schedule").asText("linear"))
                    .betas(
                            steps,
                            config.path("beta_start").asDouble(karras ? 0.00085 : 0.0001),
                            config.path("beta_end").asDouble(karras ? 0.012 : 0.02),
                            Precision.FLOAT32);
        }
        if (config.path("rescale_betas_zero_snr").asBoolean(false)) {
            betas = BetaSchedule.rescaleToZeroTerminalSnr(betas, Precision.FLOAT32);
        }
        return DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32);
    }

    /** The settings of a scheduler as a model carries them. */
    public static Map<String, Object> settings(String scheduler, JsonNode config) {
        Map<String, Object> settings = new HashMap<>();
        config.properties().forEach(entry -> {
            Object value = new ObjectMapper().convertValue(entry.getValue(), Object.class);
            if (value != null) {
                settings.put(entry.getKey(), value);
            }
        });
        settings.put("_class_name", scheduler);
        return settings;
    }

    /** What the model of a row predicts. */
    public static PredictionType prediction(String scheduler, JsonNode config) {
        String type = config.path("prediction_type").asText(scheduler.startsWith("Flow") ? "flow" : "epsilon");
        return PredictionType.valueOf(type.replace("flow_prediction", "flow").toUpperCase(Locale.ROOT));
    }

    /** The squared noise of the call at a training step, in the program whose step goes to the other one. */
    private static void checkVariances(JsonNode row, Sampler sampler) {
        JsonNode config = row.get("config");
        String scheduler = row.get("scheduler").asText();
        NoiseSchedule schedule = schedule(scheduler, config);
        for (JsonNode assertion : row.get("scalar_assertions")) {
            Matcher times = VARIANCE.matcher(assertion.get("expr").asText());
            assertTrue(times.matches(), () -> "no variance: " + assertion);
            int t = Integer.parseInt(times.group(1));
            int next = times.group(2) == null ? t - 1 : Integer.parseInt(times.group(2));
            int steps = schedule.trainSteps() / Math.max(1, t - next);
            SamplerProgram program = sampler.program(
                    new Sampler.Request(schedule, prediction(scheduler, config), steps, settings(scheduler, config)));
            double found = program.calls().stream()
                    .filter(call -> call.at().label() == t)
                    .mapToDouble(call -> call.noise() * call.noise())
                    .findFirst()
                    .orElseThrow();
            assertEquals(
                    assertion.get("expected").asDouble(),
                    found,
                    assertion.get("tol").asDouble(),
                    times.group());
        }
    }

    /** One row. */
    private static final class Loop {
        private final JsonNode row;
        private final String scheduler;
        private final PredictionType prediction;
        private final boolean ownTest;
        private final int pixels;
        private final SamplerProgram whole;
        private final SamplerProgram program;

        Loop(JsonNode row, Sampler sampler) {
            this.row = row;
            scheduler = row.get("scheduler").asText();
            JsonNode config = row.get("config");
            prediction = prediction(scheduler, config);
            ownTest = row.get("source").asText().startsWith("diffusers");
            pixels = row.path("notes").asText().contains("1D variant") ? 24 : 192;
            NoiseSchedule schedule = schedule(scheduler, config);
            Sampler.Request request =
                    new Sampler.Request(schedule, prediction, steps(schedule), settings(scheduler, config));
            whole = sampler.program(request);
            int first = firstStep(whole);
            program = first == 0
                    ? whole
                    : sampler.program(
                            new Sampler.Request(schedule, prediction, request.steps(), request.modelSettings(), first));
        }

        /** The number of steps that makes the recorded number of calls. */
        private int steps(NoiseSchedule schedule) {
            int calls = row.path("timesteps").size();
            if (calls == 0) {
                boolean all = ownTest && scheduler.equals("DDPMScheduler");
                return all ? schedule.trainSteps() : row.get("steps").asInt();
            }
            if (scheduler.equals("PNDMScheduler")) {
                return calls - (row.get("config").path("skip_prk_steps").asBoolean(false) ? 1 : 9);
            }
            return TWO_CALLS_PER_STEP.contains(scheduler) ? (calls + 1) / 2 : calls;
        }

        private int firstStep(SamplerProgram all) {
            JsonNode trace = row.path("trace_timestep_abs_sum");
            if (trace.isEmpty()
                    || Math.abs(trace.get(0).get(0).asDouble()
                                    - all.calls().get(0).at().label())
                            < 0.01) {
                return 0;
            }
            int left = all.size() - trace.size();
            return TWO_CALLS_PER_STEP.contains(scheduler) ? left / 2 : left;
        }

        void check() {
            checkClock();
            PlainChain chain = new PlainChain(program, prediction, IMAGES, start());
            Supplier<double[]> noise = noise();
            boolean quirk = ownTest && program.calls().get(0).inputScale() != 1;
            JsonNode trace = row.path("trace_timestep_abs_sum");
            double before = 0;
            for (int k = 0; k < program.size(); k++) {
                SamplerCall call = program.calls().get(k);
                assertTrue(call.readsStateOnly());
                double t = call.at().label();
                double[] state = chain.state();
                if (quirk) {
                    Arrays.setAll(state, i -> call.inputScale() * state[i]);
                }
                before = absoluteSum(state);
                double[] z = call.noise() > 0 ? noise.get() : new double[IMAGES * pixels];
                chain.step(k, z, u -> times(t / (t + 1), quirk ? state : u));
                checkLogProbability(k, call, z);
                if (k < trace.size()) {
                    String what = "after call " + k;
                    assertEquals(trace.get(k).get(0).asDouble(), t, 0.01, what);
                    double expected = trace.get(k).get(1).asDouble();
                    double allowed = TOLERANCE * expected + CANCELLATION * before;
                    assertEquals(expected, absoluteSum(chain.state()), allowed, what);
                }
            }
            checkResult(chain.output(), before);
        }

        private void checkClock() {
            JsonNode timesteps = row.path("timesteps");
            for (int k = 0; k < timesteps.size(); k++) {
                assertEquals(
                        timesteps.get(k).asDouble(), whole.calls().get(k).at().label(), 2e-4, "timestep of call " + k);
            }
            JsonNode sigmas = row.path("sigmas");
            for (int k = 0; k < sigmas.size() && k < whole.size() && !scheduler.startsWith("KDPM2"); k++) {
                TimePoint at = whole.calls().get(k).at();
                double found = prediction == PredictionType.FLOW ? at.sigma() : at.sigma() / at.alpha();
                double expected = sigmas.get(k).asDouble();
                assertEquals(expected, found, LEVEL_TOLERANCE * expected, "noise level of call " + k);
            }
            if (row.path("init_noise_sigma").isNumber()) {
                double expected = row.get("init_noise_sigma").asDouble();
                assertEquals(expected, whole.initScale(), LEVEL_TOLERANCE * expected, "initial scale");
            }
        }

        private double[] start() {
            double[] sample = ramp(false);
            if (!row.get("test").asText().contains("with_noise")) {
                return times(whole.initScale(), sample);
            }
            TimePoint at = program.calls().get(0).at();
            double[] noise = ramp(true);
            double[] start = new double[sample.length];
            if (program.calls().get(0).inputScale() == 1) {
                Arrays.setAll(start, i -> at.alpha() * sample[i] + at.sigma() * noise[i]);
            } else {
                Arrays.setAll(start, i -> whole.initScale() * sample[i] + at.sigma() / at.alpha() * noise[i]);
            }
            return start;
        }

        private Supplier<double[]> noise() {
            if (!ownTest) {
                return () -> ramp(true);
            }
            TorchNoise torch = new TorchNoise(0);
            return () -> torch.normal(IMAGES * pixels);
        }

        private void checkLogProbability(int k, SamplerCall call, double[] z) {
            JsonNode recorded = row.path("logprob_per_step_per_sample").path(k);
            for (int image = 0; image < recorded.size(); image++) {
                double mean = 0;
                for (int i = image * pixels; i < (image + 1) * pixels; i++) {
                    mean += (-z[i] * z[i] / 2 - Math.log(call.noise()) - Math.log(2 * Math.PI) / 2) / pixels;
                }
                assertEquals(recorded.get(image).asDouble(), mean, LOG_PROBABILITY, "log-probability of call " + k);
            }
        }

        private void checkResult(double[] end, double before) {
            double found = absoluteSum(end);
            JsonNode tolerance = row.get("tolerance");
            if (row.path("expected_sum").isNumber()) {
                double sum = row.get("expected_sum").asDouble();
                double allowed = tolerance
                        .path("sum_abs")
                        .asDouble(tolerance.path("sum_rel").asDouble(TOLERANCE) * sum);
                assertEquals(sum, found, Math.max(allowed, CANCELLATION * before), "sum");
            }
            if (row.path("expected_mean").isNumber()) {
                double allowed = tolerance.path("mean_abs").asDouble(MEAN_TOLERANCE);
                assertEquals(row.get("expected_mean").asDouble(), found / end.length, allowed, "mean");
            }
            JsonNode first = row.path("first4");
            double[] expected = new double[first.size()];
            Arrays.setAll(expected, i -> first.get(i).asDouble());
            double scale = Math.max(1, found / end.length);
            assertArrayEquals(expected, Arrays.copyOf(end, expected.length), TOLERANCE * scale, "first numbers");
        }

        /** Number i of image b is (4 i + b) / count, or the same counted backwards. */
        private double[] ramp(boolean backwards) {
            int count = IMAGES * pixels;
            double[] values = new double[count];
            Arrays.setAll(values, at -> {
                int n = IMAGES * (at % pixels) + at / pixels;
                return (double) (backwards ? count - 1 - n : n) / count;
            });
            return values;
        }

        private static double[] times(double factor, double[] values) {
            return Arrays.stream(values).map(value -> factor * value).toArray();
        }

        private static double absoluteSum(double[] values) {
            return Arrays.stream(values).map(Math::abs).sum();
        }
    }
}
