package org.plumbline.testkit.estimator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.problem.GoldenFolder;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The probability flow of {@link ConditionedMlp} from one latent, with gradients of its solvers that were recorded in
 * float64 by automatic differentiation, and the relative errors of several ways to integrate the adjoint equation. The
 * recorded loss is the negative reward.
 *
 * <p>{@code -Dplumbline.golden=<folder>} reads {@code adjoint_toy_mlp.json} from there instead of from the resources.
 */
public final class RecordedFlow {
    /** All but those of the time. */
    public static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of("W1", "W2", "U", "b"));

    /** Everything the file has a gradient of. */
    public static final List<TrainableTarget> TARGETS =
            List.of(new TrainableTarget.InitialNoise(), new TrainableTarget.Conditioning(), WEIGHTS);

    private static final ConditionedMlp MLP = ConditionedMlp.standard();
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);

    private RecordedFlow() {}

    /**
     * A row of the file, or a part of one.
     *
     * @param json what it says
     */
    public record Row(JsonNode json) {
        /** Which solver it is. */
        public String name() {
            return method() + ", " + steps() + " steps, " + json.get("grid").asText();
        }

        /** The grid of its nodes. */
        public Grid grid() {
            return switch (json.get("grid").asText()) {
                case "time_uniform" -> Grid.TIME_UNIFORM;
                case "logSNR" -> Grid.LOG_SNR;
                default -> Grid.TIME_QUADRATIC;
            };
        }

        /** N. */
        public int steps() {
            return json.get("N").asInt();
        }

        /** The solver's name in lower case. */
        public String method() {
            return json.get("method").asText();
        }

        /** True if it says something about this. */
        public boolean has(String key) {
            return json.has(key);
        }

        /** A number. */
        public double number(String key) {
            return Objects.requireNonNull(json.get(key), key).asDouble();
        }

        /** An array of numbers. */
        public double[] numbers(String key) {
            JsonNode values = Objects.requireNonNull(json.get(key), key);
            double[] result = new double[values.size()];
            for (int i = 0; i < result.length; i++) {
                result[i] = values.get(i).asDouble();
            }
            return result;
        }

        /** What it says about one method. */
        public Row part(String key) {
            return new Row(Objects.requireNonNull(json.get(key), key));
        }
    }

    /** The rows. */
    public static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        file().get("cases").forEach(row -> rows.add(new Row(row)));
        if (rows.isEmpty()) {
            throw new AssertionError("adjoint_toy_mlp.json has no cases");
        }
        return rows;
    }

    /** The solution of the equations: loss, x0 and gradients of a solver with 2000 steps of fourth order. */
    public static Row reference() {
        return new Row(file().get("reference"));
    }

    /** The denoiser. */
    public static ConditionedMlp denoiser() {
        return MLP;
    }

    /**
     * What an estimator finds.
     *
     * @param estimate its estimate
     * @param exact the exact discrete adjoint of the same samples
     * @param output x_0
     */
    public record Found(GradientEstimate estimate, double[] exact, double[] output) {
        /** |estimate - exact| / |exact|. */
        public double error() {
            return relative(List.of(exact), List.of(estimate.gradient()));
        }
    }

    /** The recorded problem's model with another schedule. */
    public static DiffusionModel model(NoiseSchedule schedule) {
        return ClosedFormModel.of(MLP, schedule, List.of("c"), MLP.condition());
    }

    /** Runs an estimator that brings its own sampler on the recorded latent. */
    public static Found run(ComputeBackend backend, GradientEstimator estimator, TrainableTarget target) {
        return run(
                backend,
                estimator,
                target,
                model(SCHEDULE),
                TanhChain.standard().program(1),
                1);
    }

    /** The same with step noise of some seed, for estimators whose own sampler is stochastic. */
    public static Found run(ComputeBackend backend, GradientEstimator estimator, TrainableTarget target, long seed) {
        return run(
                backend,
                estimator,
                target,
                model(SCHEDULE),
                TanhChain.standard().program(1),
                seed);
    }

    /** The same with another model that takes the recorded latent and condition. */
    public static Found run(
            ComputeBackend backend, GradientEstimator estimator, TrainableTarget target, DiffusionModel model) {
        return run(backend, estimator, target, model, TanhChain.standard().program(1), 1);
    }

    /**
     * The same with a study's program, for estimators that do not bring their own.
     *
     * @param backend in float64; closed afterwards
     * @param seed of the noise of the steps
     */
    public static Found run(
            ComputeBackend backend,
            GradientEstimator estimator,
            TrainableTarget target,
            DiffusionModel model,
            SamplerProgram studys,
            long seed) {
        ChainParts parts = new ChainParts(model, target, 1, QuadraticReward.halfSquare(MLP.target()), List.of("c"), 1);
        try (backend;
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = target instanceof TrainableTarget.InitialNoise ? MLP.start() : bench.initialParameters(0);
            ChainProfile profile = bench.profile(studys);
            SamplerProgram program = estimator.program(profile);
            try (Rollout rollout = bench.rollout(program, new Batch(List.of("c"), new Start(seed)), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                GradientEstimate estimate = estimator.estimate(chain);
                return new Found(
                        estimate,
                        chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(1)),
                        chain.behaviour().output().toDoubles());
            }
        }
    }

    /** |other - exact| / |exact| over several gradients together. */
    public static double relative(List<double[]> exact, List<double[]> other) {
        double square = 0;
        double whole = 0;
        for (int i = 0; i < exact.size(); i++) {
            square += Math.pow(Vectors.norm(Vectors.difference(other.get(i), exact.get(i))), 2);
            whole += Math.pow(Vectors.norm(exact.get(i)), 2);
        }
        return Math.sqrt(square / whole);
    }

    /** One given latent, and drawn step noise. */
    private record Start(long seed) implements NoiseSource {
        @Override
        public double[] initial(int row, int size) {
            return MLP.start();
        }

        @Override
        public double[] step(int row, int call, int size) {
            return NoiseSource.keyed(seed, "recorded-flow", 0).step(row, call, size);
        }
    }

    private static JsonNode file() {
        String name = "adjoint_toy_mlp.json";
        Path named = GoldenFolder.find(name).orElse(null);
        try (InputStream stream =
                named == null ? RecordedFlow.class.getResourceAsStream(name) : Files.newInputStream(named)) {
            return new ObjectMapper().readTree(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
