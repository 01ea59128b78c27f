package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.GaussianMixture;
import org.plumbline.toolkit.problem.LinearGaussian;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Advantages;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The contract of the host's backward sweep on a backend in float64: without cuts it is the derivative of the reward, with
 * cuts its expectation is, whatever the program, the guidance, the prediction and what is trained.
 */
public abstract class SweepContract {
    private static final System.Logger LOG = System.getLogger(SweepContract.class.getName());

    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());
    private static final List<String> PROMPTS = List.of("one", "other");
    private static final double TOLERANCE = 1e-8;
    private static final long SEED = 20240229;

    static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);

    /** For subclasses. */
    protected SweepContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** Networks with and without condition, time and noise level, on programs of one to five registers. */
    enum Problem {
        NOISY_CHAIN(TanhChain.standard(), TanhChain.standard().program(4)),
        NOISY_CHAIN_WITH_MEMORY(TanhChain.standard(), TanhChain.standard().programWithMemory(4)),
        EULER_FLOW_OF_AN_MLP(ConditionedMlp.standard(), flow(ButcherTableau.EULER)),
        HEUN_FLOW_OF_AN_MLP(ConditionedMlp.standard(), flow(ButcherTableau.HEUN)),
        RUNGE_KUTTA_FLOW_OF_AN_MLP(ConditionedMlp.standard(), flow(ButcherTableau.RK4)),
        MIDPOINT_FLOW_OF_A_MIXTURE(new GaussianMixture(), flow(ButcherTableau.MIDPOINT)),
        HEUN_FLOW_OF_A_GAUSSIAN(new LinearGaussian(), flow(ButcherTableau.HEUN));

        final ClosedFormDenoiser denoiser;
        final SamplerProgram program;

        Problem(ClosedFormDenoiser denoiser, SamplerProgram program) {
            this.denoiser = denoiser;
            this.program = program;
        }

        private static SamplerProgram flow(ButcherTableau tableau) {
            return new ExponentialIntegrator(SCHEDULE, Grid.LOG_SNR.times(SCHEDULE, 3)).program(tableau);
        }

        boolean conditional() {
            return denoiser.inputs().stream().anyMatch(input -> input.name().equals("condition"));
        }

        ChainParts parts(TrainableTarget target) {
            double[] centre = new double[denoiser.dimensions()];
            Arrays.setAll(centre, i -> 0.4 * Math.sin(1 + i));
            return new ChainParts(model(), target, 2.5, QuadraticReward.around(centre), PROMPTS, 3);
        }

        private ClosedFormModel model() {
            if (!conditional()) {
                return ClosedFormModel.of(denoiser, SCHEDULE);
            }
            int width = denoiser instanceof ConditionedMlp ? 3 : 2;
            return ClosedFormModel.of(
                    denoiser,
                    SCHEDULE,
                    PROMPTS,
                    Arrays.copyOf(new double[] {0.3, -0.2, 0.5}, width),
                    Arrays.copyOf(new double[] {-0.6, 0.4, 0.2}, width));
        }
    }

    static Batch batch(int rows, long number) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(PROMPTS.get(row % PROMPTS.size()));
        }
        return new Batch(prompts, NoiseSource.keyed(SEED, "sweep-contract", number));
    }

    @ParameterizedTest
    @EnumSource(Problem.class)
    void a_sweep_without_cuts_is_the_derivative_of_the_mean_reward(Problem problem) {
        List<TrainableTarget> targets = new ArrayList<>(List.of(WEIGHTS, new TrainableTarget.InitialNoise()));
        if (problem.conditional()) {
            targets.add(new TrainableTarget.Conditioning());
        }
        for (TrainableTarget target : targets) {
            try (ComputeBackend backend = backend();
                    Workbench bench = Workbench.open(backend, problem.parts(target))) {
                double[] theta = bench.initialParameters(1);
                MeanReward reward = new MeanReward(bench, problem.program, batch(3, 0));
                double[] expected = FiniteDifferences.gradient(reward, theta);
                double[] found = sweep(bench, problem.program, batch(3, 0), theta, plan -> plan.fromReward(3));
                assertClose(expected, found, target.toString());
            }
        }
    }

    private static double[] sweep(
            Workbench bench, SamplerProgram program, Batch batch, double[] theta, UnaryOperator<SweepPlan> plan) {
        try (Rollout rollout = bench.rollout(program, batch, theta);
                SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            return chain.sweep(chain.behaviour(), plan.apply(SweepPlan.of(program)));
        }
    }

    /** Every conversion of the prediction, without guidance, with it, and with rescaling: input, weights and condition. */
    @ParameterizedTest
    @EnumSource(PredictionType.class)
    void the_guided_denoiser_is_pulled_back_right(PredictionType predicted) {
        for (TrainableTarget target : List.of(WEIGHTS, new TrainableTarget.Conditioning())) {
            for (PredictionType wanted : List.of(PredictionType.EPSILON, PredictionType.SAMPLE)) {
                for (Guidance guidance :
                        List.of(Guidance.of(1), Guidance.of(2.5), new Guidance(2.5, 0.7, PROMPTS.get(1)))) {
                    checkPullBack(predicted, wanted, target, guidance);
                }
            }
        }
    }

    private void checkPullBack(
            PredictionType predicted, PredictionType wanted, TrainableTarget target, Guidance guidance) {
        TimePoint at = new TimePoint(420, 0.8, 0.55);
        double[] u = {0.4, -1.1, 0.3, 0.9, -0.2, 1.3, 0.7, 0.1, -0.8, -0.5, 1.2, -1.4};
        double[] cotangent = {1, -0.5, 0.3, 0.8, -1.2, 0.4, -0.6, 0.9, 1.1, -0.7, 0.2, 0.5};
        ClosedFormModel model = ClosedFormModel.of(
                ConditionedMlp.standard().predicting(predicted),
                SCHEDULE,
                PROMPTS,
                new double[] {0.3, -0.2, 0.5},
                new double[] {-0.6, 0.4, 0.2});
        ChainParts parts =
                new ChainParts(model, target, 1, QuadraticReward.around(new double[6]), PROMPTS, 2).with(guidance);
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts);
                Rollout rollout =
                        bench.rollout(Problem.EULER_FLOW_OF_AN_MLP.program, batch(2, 0), bench.initialParameters(0))) {
            double[] theta = bench.initialParameters(0);
            double[] ofTheta = FiniteDifferences.gradient(
                    moved -> product(bench, rollout, moved, u, at, wanted, cotangent), theta);
            double[] ofInput = FiniteDifferences.gradient(
                    moved -> product(bench, rollout, theta, moved, at, wanted, cotangent), u);
            try (SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                Denoiser denoiser = chain.denoiser();
                Denoiser.GradientSink sink = denoiser.sink();
                Denoiser.Pulled pulled = denoiser.pullBack(
                        chain.arena(), latent(chain, u), at, wanted, latent(chain, cotangent), sink, 2);
                assertClose(ofInput, pulled.input().toDoubles(), "input");
                double[] half = new double[theta.length];
                Vectors.addTo(half, 0.5, sink.gradient());
                assertClose(ofTheta, half, "theta");
                double[] forward = denoiser.predict(chain.arena(), latent(chain, u), at, wanted)
                        .toDoubles();
                assertArrayEquals(forward, pulled.output().toDoubles(), 1e-14);
            }
        }
    }

    private static double product(
            Workbench bench,
            Rollout rollout,
            double[] theta,
            double[] u,
            TimePoint at,
            PredictionType wanted,
            double[] cotangent) {
        try (SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            Tensor output = chain.denoiser().predict(chain.arena(), latent(chain, u), at, wanted);
            return Vectors.dot(output.toDoubles(), cotangent);
        }
    }

    private static Tensor latent(SamplingChain chain, double[] values) {
        return chain.arena().tensor(values, 2, values.length / 2, 1, 1);
    }

    /** The calls' contributions add up, and stopping before a call leaves exactly those after it. */
    @Test
    void plans_choose_which_calls_contribute() {
        Problem problem = Problem.NOISY_CHAIN_WITH_MEMORY;
        int calls = problem.program.size();
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, problem.parts(WEIGHTS))) {
            double[] theta = bench.initialParameters(1);
            double[] sum = new double[theta.length];
            for (int k = calls - 1; k >= 0; k--) {
                int only = k;
                Vectors.addTo(sum, 1, sweep(bench, problem.program, batch(3, 0), theta, plan -> {
                    SweepPlan chosen = plan.fromReward(3);
                    for (int j = 0; j < calls; j++) {
                        chosen = j == only ? chosen : chosen.withoutParameters(j);
                    }
                    return chosen;
                }));
                double[] stopped = sweep(bench, problem.program, batch(3, 0), theta, plan -> {
                    SweepPlan chosen = plan.fromReward(3);
                    return only == 0 ? chosen : chosen.stopBefore(only - 1);
                });
                assertArrayEquals(stopped, sum, 1e-12, "up to call " + k);
            }
        }
    }

    /** Factors multiply what single calls contribute and nothing else. */
    @Test
    void plans_weigh_the_contributions_of_calls() {
        Problem problem = Problem.NOISY_CHAIN_WITH_MEMORY;
        int calls = problem.program.size();
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, problem.parts(WEIGHTS))) {
            double[] theta = bench.initialParameters(1);
            double[] sum = new double[theta.length];
            for (int k = 0; k < calls; k++) {
                int only = k;
                Vectors.addTo(sum, 1.5 - k, sweep(bench, problem.program, batch(3, 0), theta, plan -> {
                    SweepPlan chosen = plan.fromReward(3);
                    for (int j = 0; j < calls; j++) {
                        chosen = j == only ? chosen : chosen.withoutParameters(j);
                    }
                    return chosen;
                }));
            }
            double[] weighed = sweep(bench, problem.program, batch(3, 0), theta, plan -> {
                SweepPlan chosen = plan.fromReward(3);
                for (int k = 0; k < calls; k++) {
                    chosen = chosen.withParameters(k, 1.5 - k);
                }
                return chosen;
            });
            assertArrayEquals(sum, weighed, 1e-12);
        }
    }

    /** With constant network inputs the adjoint is multiplied by a at every call; the sum is written out. */
    @Test
    void without_network_inputs_the_adjoint_takes_the_linear_path_only() {
        TanhChain toy = TanhChain.standard();
        SamplerProgram program = toy.program(4);
        Problem problem = Problem.NOISY_CHAIN;
        int rows = 3;
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, problem.parts(WEIGHTS));
                Rollout rollout = bench.rollout(program, batch(rows, 0), bench.initialParameters(1));
                SamplingChain chain = bench.chain(rollout, bench.initialParameters(1), 0, 0)) {
            double[] w = chain.parameters();
            double[] ofReward = chain.rewardGradient(chain.behaviour()).toDoubles();
            double[] expected = new double[w.length];
            SweepPlan plan = SweepPlan.of(program).fromReward(rows);
            double decay = 1;
            for (int k = program.size() - 1; k >= 0; k--) {
                double[] x = chain.behaviour().state(k).toDoubles();
                for (int row = 0; row < rows; row++) {
                    for (int i = 0; i < 4; i++) {
                        double sum = 0;
                        for (int j = 0; j < 4; j++) {
                            sum += w[4 * i + j] * x[4 * row + j];
                        }
                        double slope = 1 - Math.tanh(sum) * Math.tanh(sum);
                        for (int j = 0; j < 4; j++) {
                            expected[4 * i + j] += 0.7 * decay * ofReward[4 * row + i] * slope * x[4 * row + j] / rows;
                        }
                    }
                }
                decay *= 0.8;
                plan = plan.withoutInput(k);
            }
            assertArrayEquals(expected, chain.sweep(chain.behaviour(), plan), 1e-12);
        }
    }

    /**
     * A sampler that remembers its last output, three dimensions, six calls. Whatever the cuts, the mean is the gradient;
     * only where the adjoint of the memory is dropped at a cut, it is not.
     */
    @Test
    void cuts_leave_the_mean_and_dropping_the_memory_at_them_does_not() {
        cutToy(300);
    }

    /** The same on three million samples. */
    @Test
    @Tag("long")
    void cuts_leave_the_mean_of_three_million_samples() {
        cutToy(12_000);
    }

    private void cutToy(int batches) {
        TanhChain toy = new TanhChain(3);
        SamplerProgram program = toy.programWithMemory(6);
        int rows = 256;
        List<Cuts> kinds = List.of(
                new Cuts("cut at every call", List.of(0, 1, 2, 3, 4, 5), false),
                new Cuts("cut at every second call", List.of(1, 3, 5), false),
                new Cuts("one cut in the middle", List.of(3), false),
                new Cuts("last call pathwise, cuts before", List.of(0, 1, 2, 3, 4), false),
                new Cuts("memory dropped", List.of(0, 1, 2, 3, 4, 5), true));
        List<VectorMoments> differences =
                kinds.stream().map(kind -> new VectorMoments(9)).toList();
        List<VectorMoments> estimates =
                kinds.stream().map(kind -> new VectorMoments(9)).toList();
        VectorMoments exact = new VectorMoments(9);
        ChainParts parts = new ChainParts(
                ClosedFormModel.of(toy, SCHEDULE), WEIGHTS, 1, QuadraticReward.around(toy.target()), PROMPTS, rows);
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = bench.initialParameters(0);
            for (int number = 0; number < batches; number++) {
                try (Rollout rollout = bench.rollout(program, batch(rows, number), theta);
                        SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                    double[] truth =
                            chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(rows));
                    exact.add(truth);
                    double[] weights = Advantages.leaveOneOut(chain.rewards(chain.behaviour()));
                    for (int i = 0; i < kinds.size(); i++) {
                        double[] found =
                                chain.sweep(chain.behaviour(), kinds.get(i).plan(program, weights));
                        estimates.get(i).add(found);
                        differences.get(i).add(Vectors.difference(found, truth));
                    }
                }
            }
        }
        for (int i = 0; i < kinds.size(); i++) {
            Replicas replicas = new Replicas(estimates.get(i), exact, differences.get(i), rows);
            HolmCorrection holm = HolmCorrection.of(replicas.difference(), 1e-3);
            String found = String.format(
                    Locale.ROOT,
                    "%s: relative bias %.4f (standard error %.4f), variance relative to full %.1f; %s; seed %d, %d batches",
                    kinds.get(i).name,
                    replicas.relativeBias(),
                    replicas.relativeBiasError(),
                    replicas.variancePerSample() / replicas.exactVariancePerSample(),
                    holm,
                    SEED,
                    batches);
            LOG.log(System.Logger.Level.INFO, found);
            if (kinds.get(i).dropped) {
                assertTrue(replicas.relativeBias() > 0.1 && holm.rejected() > 0, found);
            } else {
                assertTrue(replicas.relativeBiasError() < 0.06, found);
                assertEquals(0, holm.rejected(), found);
            }
        }
    }

    private record Cuts(String name, List<Integer> calls, boolean dropped) {
        SweepPlan plan(SamplerProgram program, double[] weights) {
            SweepPlan plan = SweepPlan.of(program);
            if (Collections.max(calls) < program.size() - 1) {
                plan = plan.fromReward(weights.length);
            }
            for (int k : calls) {
                plan = plan.cut(k, weights);
                plan = dropped ? plan.stopBefore(k) : plan;
            }
            return plan;
        }
    }

    private static void assertClose(double[] expected, double[] found, String what) {
        double scale = Arrays.stream(expected).map(Math::abs).reduce(1, Math::max);
        assertArrayEquals(expected, found, TOLERANCE * scale, what);
    }
}
