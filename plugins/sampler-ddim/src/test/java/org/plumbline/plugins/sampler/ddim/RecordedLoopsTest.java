package org.plumbline.plugins.sampler.ddim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;

/**
 * Whole loops of diffusers' test suite on the model x t / (t + 1), recorded as sums of absolute values after every step.
 * Here they run through the host's chain.
 *
 * <p>{@code -Dplumbline.golden=<folder>} reads {@code scheduler_expectations.json} from there instead of from the
 * resources.
 */
class RecordedLoopsTest {
    private static final int IMAGES = 4;
    private static final int PIXELS = 3 * 8 * 8;

    /** The recorded sums are of float32 loops. */
    private static final double TOLERANCE = 1e-5;

    @TestFactory
    Stream<DynamicTest> a_loop_passes_through_the_recorded_sums() throws IOException {
        return rows("DDIMScheduler")
                .filter(row -> row.has("trace_timestep_abs_sum"))
                .map(row -> dynamicTest(row.get("test").asText(), () -> checkLoop(row)));
    }

    private static void checkLoop(JsonNode row) {
        JsonNode config = row.get("config");
        NoiseSchedule schedule = RecordedStepsTest.schedule(config);
        double eta = row.path("step_kwargs").path("eta").asDouble(0);
        SamplerProgram program = RecordedStepsTest.program(
                config, schedule, eta, row.get("steps").asInt());
        JsonNode trace = row.get("trace_timestep_abs_sum");
        assertEquals(trace.size(), program.size());
        DiffusionModel model = ClosedFormModel.of(new Dummy(RecordedStepsTest.prediction(config)), schedule);
        ChainParts parts = new ChainParts(
                model,
                new TrainableTarget.InitialNoise(),
                1,
                QuadraticReward.around(new double[PIXELS]),
                List.of(""),
                IMAGES);
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(backend, parts);
                Rollout rollout = bench.rollout(program, new Batch(List.of("", "", "", ""), new Ramp()), start());
                SamplingChain chain = bench.chain(rollout, start(), 0, 0)) {
            for (int k = 0; k < program.size(); k++) {
                String what = "call " + k;
                assertEquals(
                        trace.get(k).get(0).asDouble(),
                        program.calls().get(k).at().label(),
                        what);
                double expected = trace.get(k).get(1).asDouble();
                double found = absoluteSum(chain.behaviour().state(k + 1).toDoubles());
                assertEquals(expected, found, TOLERANCE * expected, what);
            }
            double[] end = chain.behaviour().output().toDoubles();
            double sum = row.get("expected_sum").asDouble();
            double allowed = row.get("tolerance").path("sum_abs").asDouble(TOLERANCE * sum);
            assertEquals(sum, absoluteSum(end), allowed);
            assertEquals(row.get("expected_mean").asDouble(), absoluteSum(end) / end.length, 1e-3);
            JsonNode first = row.path("first4");
            for (int i = 0; i < first.size(); i++) {
                assertEquals(first.get(i).asDouble(), end[i], TOLERANCE);
            }
        }
    }

    private static double absoluteSum(double[] values) {
        return Arrays.stream(values).map(Math::abs).sum();
    }

    /** Pixel i of image b is (4 i + b) / 768. */
    private static double[] start() {
        double[] values = new double[IMAGES * PIXELS];
        Arrays.setAll(values, at -> (IMAGES * (at % PIXELS) + at / PIXELS) / 768.0);
        return values;
    }

    /** The noise of every step is the starting ramp backwards. */
    private record Ramp() implements NoiseSource {
        @Override
        public double[] initial(int row, int size) {
            throw new AssertionError("the initial noise is what is trained");
        }

        @Override
        public double[] step(int row, int call, int size) {
            double[] values = new double[size];
            Arrays.setAll(values, i -> (767 - (IMAGES * i + row)) / 768.0);
            return values;
        }
    }

    /** The model of the test suite, x t / (t + 1). */
    private record Dummy(PredictionType prediction) implements ClosedFormDenoiser {
        @Override
        public int dimensions() {
            return PIXELS;
        }

        @Override
        public String name() {
            return "dummy";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, PIXELS, 1, 1),
                    new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T t = ops.reshape(Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key())), -1, 1, 1, 1);
            return ops.mul(Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())), ops.div(t, ops.shift(t, 1)));
        }

        @Override
        public Map<String, WeightSource.Weight> weights() {
            return Map.of();
        }

        @Override
        public ParameterLayout layout() {
            return ParameterLayout.empty();
        }
    }

    @TestFactory
    Stream<DynamicTest> variances_are_the_recorded_ones() throws IOException {
        Pattern variance = Pattern.compile(".*_get_variance\\((\\d+), (\\d+)\\)");
        return rows("DDIMScheduler")
                .filter(row -> row.has("scalar_assertions"))
                .map(row -> dynamicTest(row.get("test").asText(), () -> {
                    for (JsonNode assertion : row.get("scalar_assertions")) {
                        Matcher times = variance.matcher(assertion.get("expr").asText());
                        assertTrue(times.matches());
                        double found = variance(
                                row.get("config"), Integer.parseInt(times.group(1)), Integer.parseInt(times.group(2)));
                        assertEquals(
                                assertion.get("expected").asDouble(),
                                found,
                                assertion.get("tol").asDouble(),
                                times.group());
                    }
                }));
    }

    /** The squared noise at eta 1 of the program that steps from t to next. */
    private static double variance(JsonNode config, int t, int next) {
        int steps = config.get("num_train_timesteps").asInt() / Math.max(1, t - next);
        return RecordedStepsTest.program(config, RecordedStepsTest.schedule(config), 1, steps).calls().stream()
                .filter(call -> call.at().label() == t)
                .mapToDouble(call -> call.noise() * call.noise())
                .findFirst()
                .orElseThrow();
    }

    @TestFactory
    Stream<DynamicTest> schedules_are_the_recorded_ones() throws IOException {
        return rows("alphas_cumprod")
                .map(row -> dynamicTest(row.get("test").asText(), () -> {
                    NoiseSchedule schedule = RecordedStepsTest.schedule(
                            config(row.get("config").get("schedule").asText()));
                    double allowed = row.get("tolerance").get("rel").asDouble();
                    row.get("values").properties().forEach(entry -> {
                        if (entry.getKey().matches("\\d+")) {
                            double expected = entry.getValue().asDouble();
                            double found = schedule.alphaBar(Integer.parseInt(entry.getKey()));
                            // Cosine: the last alpha_bar is a difference of nearly equal float32 numbers.
                            assertEquals(expected, found, Math.max(allowed * expected, 1e-9), entry.getKey());
                        }
                    });
                }));
    }

    private static ObjectNode config(String name) {
        ObjectNode config = new ObjectMapper().createObjectNode();
        boolean linear = name.equals("ddpm_linear") || name.equals("cosine");
        return config.put("num_train_timesteps", 1000)
                .put("beta_start", linear ? 1e-4 : 0.00085)
                .put("beta_end", linear ? 0.02 : 0.012)
                .put("beta_schedule", name.equals("cosine") ? "squaredcos_cap_v2" : linear ? "linear" : "scaled_linear")
                .put("rescale_betas_zero_snr", name.equals("sd_zero_snr"));
    }

    private static Stream<JsonNode> rows(String scheduler) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        new ObjectMapper()
                .readTree(
                        RecordedStepsTest.golden("scheduler_expectations.json").toFile())
                .forEach(rows::add);
        List<JsonNode> chosen = rows.stream()
                .filter(row -> row.get("scheduler").asText().equals(scheduler))
                .toList();
        assertTrue(!chosen.isEmpty());
        return chosen.stream();
    }
}
