package org.plumbline.plugins.estimator.adjoint.dpm;

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
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Gradients of {@link ConditionedMlp} that were recorded in float64 by automatic differentiation of the unrolled solver,
 * and the relative errors of two ways to integrate the adjoint equation.
 *
 * <p>{@code -Dplumbline.golden=<folder>} reads {@code adjoint_toy_mlp.json} from there instead of from the resources.
 */
class RecordedGradientsTest {
    private static final double EXACT = 1e-9;

    /** All but those of the time. */
    private static final TrainableTarget RECORDED_WEIGHTS = new TrainableTarget.Full(List.of("W1", "W2", "U", "b"));

    private final ConditionedMlp mlp = ConditionedMlp.standard();
    private final DiffusionModel model = ClosedFormModel.of(
            mlp,
            DiscreteNoiseSchedule.ofBetas(
                    BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64),
            List.of("c"),
            mlp.condition());

    @TestFactory
    Stream<DynamicTest> the_exact_adjoint_is_the_gradient_of_the_unrolled_solver() throws IOException {
        return cases().stream()
                .map(row -> dynamicTest(name(row), () -> {
                    Found weights = found(row, RECORDED_WEIGHTS, true, true);
                    ParameterLayout layout = mlp.layout();
                    assertClose(numbers(row, "loss"), new double[] {-weights.reward}, "loss");
                    assertClose(numbers(row, "x0"), weights.output, "x0");
                    assertClose(
                            numbers(row, "grad_W1_00"),
                            new double[] {-weights.gradient[layout.entry("W1").offset()]},
                            "W1");
                    assertClose(
                            numbers(row, "grad_W2_00"),
                            new double[] {-weights.gradient[layout.entry("W2").offset()]},
                            "W2");
                    assertClose(
                            numbers(row, "grad_params_norm"), new double[] {Vectors.norm(weights.gradient)}, "norm");

                    double[] condition = found(row, new TrainableTarget.Conditioning(), true, true).gradient;
                    assertClose(numbers(row, "grad_c"), negative(condition), "c");
                    double[] noise = found(row, new TrainableTarget.InitialNoise(), true, true).gradient;
                    assertClose(numbers(row, "grad_xT"), negative(noise), "x_T");
                }));
    }

    @TestFactory
    Stream<DynamicTest> the_adjoint_equation_errs_as_recorded() throws IOException {
        return cases().stream()
                .map(row -> dynamicTest(name(row), () -> {
                    for (boolean recorded : new boolean[] {true, false}) {
                        List<double[]> exact = new ArrayList<>();
                        List<double[]> solved = new ArrayList<>();
                        for (TrainableTarget target : List.of(
                                new TrainableTarget.InitialNoise(),
                                new TrainableTarget.Conditioning(),
                                RECORDED_WEIGHTS)) {
                            exact.add(found(row, target, true, true).gradient);
                            solved.add(found(row, target, false, recorded).gradient);
                        }
                        String key = recorded ? "recorded" : "backsolve";
                        double error = relative(exact.subList(0, 1), solved.subList(0, 1));
                        assertRelative(row.get(key + "_vs_exact").asDouble(), error, key);
                        double all = relative(exact, solved);
                        assertRelative(row.get(key + "_all_vs_exact").asDouble(), all, key + " all");
                    }
                }));
    }

    /** The file's reference is a solution with 2000 steps: a fine grid comes close to it, whatever the spacing. */
    @Test
    void a_fine_grid_approaches_the_solution_of_the_equation() throws IOException {
        JsonNode reference = file().get("reference");
        JsonNode finest = cases().stream()
                .filter(row -> row.get("N").asInt() == 100
                        && row.get("method").asText().equals("rk4"))
                .reduce((first, last) -> last)
                .orElseThrow();
        double[] noise = negative(found(finest, new TrainableTarget.InitialNoise(), true, true).gradient);
        double[] solution = numbers(reference, "grad_xT");
        assertTrue(Vectors.norm(Vectors.difference(noise, solution)) < 1e-5 * Vectors.norm(solution));
    }

    /**
     * @param reward of the one sample
     * @param output x_0
     * @param gradient of the reward
     */
    private record Found(double reward, double[] output, double[] gradient) {}

    private Found found(JsonNode row, TrainableTarget target, boolean exact, boolean recorded) {
        Grid grid = switch (row.get("grid").asText()) {
            case "time_uniform" -> Grid.TIME_UNIFORM;
            case "logSNR" -> Grid.LOG_SNR;
            default -> Grid.TIME_QUADRATIC;
        };
        Method method = Method.valueOf(row.get("method").asText().toUpperCase(Locale.ROOT));
        AdjointDpm estimator = new AdjointDpm(new Configuration(
                method, 3, row.get("N").asInt(), null, grid, FlowDomain.NOISE, recorded, exact, Compatibility.PAPER));
        ChainParts parts = new ChainParts(model, target, 1, QuadraticReward.halfSquare(mlp.target()), List.of("c"), 1);
        Batch batch = new Batch(List.of("c"), new Start(mlp.start()));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = target instanceof TrainableTarget.InitialNoise ? mlp.start() : bench.initialParameters(0);
            // The study's sampler only says how many steps there would be.
            var program = estimator.program(bench.profile(TanhChain.standard().program(1)));
            try (Rollout rollout = bench.rollout(program, batch, theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                GradientEstimate estimate = estimator.estimate(chain);
                return new Found(
                        estimate.rewards()[0], chain.behaviour().output().toDoubles(), estimate.gradient());
            }
        }
    }

    /** One given latent, and no noise in the steps. */
    private record Start(double[] latent) implements NoiseSource {
        @Override
        public double[] initial(int row, int size) {
            return latent.clone();
        }

        @Override
        public double[] step(int row, int call, int size) {
            throw new AssertionError("a probability flow has no noise");
        }
    }

    private static double relative(List<double[]> exact, List<double[]> other) {
        double square = 0;
        double whole = 0;
        for (int i = 0; i < exact.size(); i++) {
            square += Math.pow(Vectors.norm(Vectors.difference(other.get(i), exact.get(i))), 2);
            whole += Math.pow(Vectors.norm(exact.get(i)), 2);
        }
        return Math.sqrt(square / whole);
    }

    private static double[] negative(double[] values) {
        double[] result = new double[values.length];
        Vectors.addTo(result, -1, values);
        return result;
    }

    private static void assertClose(double[] expected, double[] found, String what) {
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], EXACT * Math.max(1, Math.abs(expected[i])), what + " " + i);
        }
    }

    /** Errors of 1e-7 are differences of numbers that agree in seven digits. */
    private static void assertRelative(double expected, double found, String what) {
        assertEquals(expected, found, 1e-6 * expected + 1e-13, what);
    }

    private static double[] numbers(JsonNode row, String key) {
        JsonNode values = Objects.requireNonNull(row.get(key), key);
        if (!values.isArray()) {
            return new double[] {values.asDouble()};
        }
        double[] result = new double[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i).asDouble();
        }
        return result;
    }

    private static String name(JsonNode row) {
        return row.get("method").asText() + ", " + row.get("N").asInt() + " steps, "
                + row.get("grid").asText();
    }

    private static List<JsonNode> cases() throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        file().get("cases").forEach(rows::add);
        assertTrue(!rows.isEmpty());
        return rows;
    }

    private static JsonNode file() throws IOException {
        String folder = System.getProperty("plumbline.golden");
        try (InputStream stream = folder == null
                ? RecordedGradientsTest.class.getResourceAsStream("adjoint_toy_mlp.json")
                : Files.newInputStream(Path.of(folder, "adjoint_toy_mlp.json"))) {
            return new ObjectMapper().readTree(stream);
        }
    }
}
