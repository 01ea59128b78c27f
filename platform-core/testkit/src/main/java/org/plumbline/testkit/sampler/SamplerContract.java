package org.plumbline.testkit.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.testkit.estimator.HolmCorrection;
import org.plumbline.testkit.estimator.MeanReward;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/** The contract of samplers. Extend it once per configuration; see the package description. */
public abstract class SamplerContract {
    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());
    private static final List<String> PROMPTS = List.of("one", "other");
    private static final int ROWS = 3;

    /** Relative to the largest component of a gradient. */
    private static final double TOLERANCE = 1e-8;

    /** For subclasses. */
    protected SamplerContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** The sampler, always in the same configuration. */
    protected abstract Sampler sampler();

    /**
     * A call of the program by an independent derivation; null for samplers whose table is held against
     * {@link RecordedLoops recorded loops} and {@link ConvergenceOrder its order} instead.
     *
     * @param request what the sampler was asked for
     * @param call k
     */
    protected @Nullable SamplerCall expected(Sampler.Request request, int call) {
        return null;
    }

    /** Whether models that predict noise, sample or velocity give the same samples, if they say the same. */
    protected boolean sameForAllPredictions() {
        return true;
    }

    /** What the model predicts. */
    protected PredictionType prediction() {
        return PredictionType.EPSILON;
    }

    /** The settings that the model's files carry. */
    protected Map<String, Object> modelSettings() {
        return Map.of("clip_sample", false, "set_alpha_to_one", false, "steps_offset", 1);
    }

    /** The number of steps. */
    protected int steps() {
        return 6;
    }

    /** The model's noise schedule. */
    protected NoiseSchedule schedule() {
        return DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
    }

    private Sampler.Request request() {
        return new Sampler.Request(schedule(), prediction(), steps(), modelSettings());
    }

    private SamplerProgram program() {
        return sampler().program(request());
    }

    private Workbench open(ComputeBackend backend, TrainableTarget target, QuadraticReward reward) {
        DiffusionModel model = ClosedFormModel.of(
                ConditionedMlp.standard().predicting(prediction()),
                schedule(),
                PROMPTS,
                ConditionedMlp.standard().condition(),
                new double[] {-0.6, 0.4, 0.2});
        return Workbench.open(backend, new ChainParts(model, target, 1.6, reward, PROMPTS, ROWS));
    }

    private Workbench open(ComputeBackend backend, TrainableTarget target) {
        return open(
                backend,
                target,
                QuadraticReward.halfSquare(ConditionedMlp.standard().target()));
    }

    private static Batch batch(int rows, long number) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(PROMPTS.get(row % PROMPTS.size()));
        }
        return new Batch(prompts, NoiseSource.keyed(20240229, "sampler-contract", number));
    }

    @Test
    void the_table_is_what_an_independent_derivation_says_at_three_calls() {
        Sampler.Request request = request();
        SamplerProgram program = sampler().program(request);
        Set<Integer> calls = new TreeSet<>(List.of(0, program.size() / 2, program.size() - 1));
        assumeTrue(expected(request, 0) != null, "no derivation");
        for (int k : calls) {
            SamplerCall expected = Objects.requireNonNull(expected(request, k));
            SamplerCall found = program.calls().get(k);
            String what = "call " + k + " of\n" + program.table();
            assertEquals(expected.at().label(), found.at().label(), 1e-9, what);
            assertEquals(expected.at().alpha(), found.at().alpha(), 1e-12, what);
            assertEquals(expected.at().sigma(), found.at().sigma(), 1e-12, what);
            assertEquals(expected.inputScale(), found.inputScale(), 1e-12, what);
            assertArrayEquals(expected.inputWeights(), found.inputWeights(), 1e-12, what);
            for (int row = 0; row < program.registers(); row++) {
                assertArrayEquals(expected.transition()[row], found.transition()[row], 1e-12, what);
            }
            assertArrayEquals(expected.ofOutput(), found.ofOutput(), 1e-12, what);
            assertArrayEquals(expected.ofRaw(), found.ofRaw(), 1e-12, what);
            assertEquals(expected.noise(), found.noise(), 1e-12, what);
        }
    }

    /** The forms are mixed by estimators that want noise in a window of steps only, so every call must fit both. */
    @Test
    void the_deterministic_form_makes_the_same_calls_without_noise() {
        SamplerProgram program = program();
        assumeTrue(program.deterministic() != null, "has no deterministic form");
        SamplerProgram form = Objects.requireNonNull(program.deterministic());
        assertEquals(program.wanted(), form.wanted());
        assertEquals(program.initScale(), form.initScale());
        assertArrayEquals(program.output(), form.output());
        for (int k = 0; k < program.size(); k++) {
            SamplerCall noisy = program.calls().get(k);
            SamplerCall silent = form.calls().get(k);
            String what = "call " + k + " of\n" + form.table();
            assertEquals(0, silent.noise(), what);
            assertEquals(noisy.at(), silent.at(), what);
            assertEquals(noisy.inputScale(), silent.inputScale(), what);
            assertArrayEquals(noisy.inputWeights(), silent.inputWeights(), what);
            if (!noisy.stochastic()) {
                assertArrayEquals(noisy.ofOutput(), silent.ofOutput(), 1e-12, what);
                assertArrayEquals(noisy.transition()[0], silent.transition()[0], 1e-12, what);
            }
        }
        BitSet one = new BitSet();
        one.set(program.size() / 2);
        SamplerProgram mixed = program.withNoiseOnlyAt(one);
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, WEIGHTS)) {
            double[] theta = bench.initialParameters(3);
            for (SamplerProgram sampled : List.of(form, mixed)) {
                double[] expected = FiniteDifferences.gradient(new MeanReward(bench, sampled, batch(ROWS, 1)), theta);
                assertArrayEquals(
                        expected, adjoint(bench, sampled, theta), TOLERANCE * largest(expected), sampled.name());
            }
        }
    }

    @Test
    void the_same_request_gives_the_same_table_with_a_line_for_every_call() {
        assertEquals(program().table(), program().table());
        assertEquals(program().size() + 2, program().table().lines().count());
    }

    @Test
    void the_work_of_a_rollout_is_one_evaluation_per_call() {
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, WEIGHTS)) {
            double[] theta = bench.initialParameters(0);
            Ledger.Work before = bench.ledger().reading();
            try (Rollout rollout = bench.rollout(program(), batch(ROWS, 0), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                chain.behaviour();
                chain.behaviour();
            }
            assertEquals(
                    program().size(), bench.ledger().reading().since(before).nfeForward());
        }
    }

    @Test
    void the_adjoint_is_the_derivative_with_respect_to_the_weights() {
        checkAdjoint(WEIGHTS);
    }

    @Test
    void the_adjoint_is_the_derivative_with_respect_to_the_conditions() {
        checkAdjoint(new TrainableTarget.Conditioning());
    }

    @Test
    void the_adjoint_is_the_derivative_with_respect_to_the_initial_noise() {
        checkAdjoint(new TrainableTarget.InitialNoise());
    }

    private void checkAdjoint(TrainableTarget target) {
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, target)) {
            double[] theta = bench.initialParameters(3);
            SamplerProgram program = program();
            double[] expected = FiniteDifferences.gradient(new MeanReward(bench, program, batch(ROWS, 1)), theta);
            double[] found = adjoint(bench, program, theta);
            assertArrayEquals(expected, found, TOLERANCE * largest(expected));
        }
    }

    private static double[] adjoint(Workbench bench, SamplerProgram program, double[] theta) {
        try (Rollout rollout = bench.rollout(program, batch(ROWS, 1), theta);
                SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            return chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(ROWS));
        }
    }

    /**
     * For the program cut off after every call and for every register: the adjoint times a direction is the derivative of
     * the output along it. With what holds up to call k, what holds up to k + 1 shows that call k is transposed right.
     */
    @Test
    void every_call_is_transposed_right_in_every_register() {
        SplittableRandom random = new SplittableRandom(7);
        SamplerProgram whole = program();
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, new TrainableTarget.InitialNoise());
                Workbench weights = open(backend, WEIGHTS)) {
            for (int k = 0; k < whole.size(); k++) {
                for (int register = 0; register < whole.registers(); register++) {
                    SamplerProgram part = firstCalls(whole, k + 1, register);
                    if (reaches(part, register)) {
                        checkTransposition(bench, part, random, "initial noise, call " + k + ", register " + register);
                        checkTransposition(weights, part, random, "weights, call " + k + ", register " + register);
                    }
                }
            }
        }
    }

    /** True if the last call writes this register. */
    private static boolean reaches(SamplerProgram part, int register) {
        SamplerCall last = part.calls().get(part.size() - 1);
        return last.ofOutput()[register] != 0 || last.ofRaw()[register] != 0 || last.transition()[register][0] != 0;
    }

    private static SamplerProgram firstCalls(SamplerProgram whole, int calls, int register) {
        double[] output = new double[whole.registers()];
        output[register] = 1;
        return new SamplerProgram(
                whole.name() + ", first calls",
                whole.wanted(),
                whole.transform(),
                whole.registers(),
                whole.initScale(),
                whole.calls().subList(0, calls),
                output);
    }

    private static void checkTransposition(
            Workbench bench, SamplerProgram program, SplittableRandom random, String what) {
        double[] theta = bench.initialParameters(3);
        double[] direction = new double[theta.length];
        Arrays.setAll(direction, i -> (2 * random.nextDouble() - 1) / Math.sqrt(theta.length));
        double expected = FiniteDifferences.along(new MeanReward(bench, program, batch(ROWS, 1)), theta, direction);
        double found = Vectors.dot(adjoint(bench, program, theta), direction);
        assertEquals(expected, found, TOLERANCE * Math.max(1, Math.abs(expected)), what);
    }

    @Test
    void the_score_of_a_step_is_the_derivative_of_its_log_probability() {
        SamplerProgram program = program();
        assumeTrue(program.calls().stream().anyMatch(SamplerCall::stochastic), "no noise, no score");
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, WEIGHTS)) {
            double[] theta = bench.initialParameters(3);
            double[] weights = {0.7, -1.3, 0.4};
            try (Rollout rollout = bench.rollout(program, batch(ROWS, 1), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                Trajectory sampled = chain.behaviour();
                for (int k = 0; k < program.size(); k++) {
                    if (program.stochastic(k)) {
                        int call = k;
                        double[] expected = FiniteDifferences.gradient(
                                moved -> Vectors.dot(weights, logRatio(bench, rollout, moved, call)) / ROWS, theta);
                        SweepPlan plan = SweepPlan.of(program).cut(k, weights);
                        double[] found = chain.sweep(sampled, k == 0 ? plan : plan.stopBefore(k - 1));
                        assertArrayEquals(expected, found, TOLERANCE * largest(expected), "call " + k);
                    }
                }
            }
        }
    }

    private static double[] logRatio(Workbench bench, Rollout rollout, double[] theta, int call) {
        try (SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            return chain.score(chain.behaviour(), call).logRatio();
        }
    }

    /** ln p is written out from the table, the recorded states and the network's output. */
    @Test
    void log_probabilities_are_those_of_the_normal_distribution_around_the_mean_of_the_table() {
        SamplerProgram program = program();
        assumeTrue(program.markov() && program.calls().stream().anyMatch(SamplerCall::stochastic));
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, WEIGHTS)) {
            double[] theta = bench.initialParameters(3);
            double[] moved = theta.clone();
            Arrays.setAll(moved, i -> theta[i] + 0.05 * Math.sin(i));
            try (Rollout rollout = bench.rollout(program, batch(ROWS, 1), theta);
                    SamplingChain before = bench.chain(rollout, theta, 0, 0);
                    SamplingChain after = bench.chain(rollout, moved, 0, 0)) {
                for (int k = 0; k < program.size(); k++) {
                    if (program.stochastic(k)) {
                        double[] then = logProbability(before, k);
                        double[] now = logProbability(after, k);
                        double[] ratio = after.score(after.behaviour(), k).logRatio();
                        assertArrayEquals(Vectors.difference(now, then), ratio, 1e-8 * largest(now), "call " + k);
                        assertArrayEquals(
                                new double[ROWS],
                                before.score(before.behaviour(), k).logRatio());
                    }
                }
            }
        }
    }

    private static double[] logProbability(SamplingChain chain, int k) {
        SamplerProgram program = chain.program();
        SamplerCall call = program.calls().get(k);
        Tensor state = chain.behaviour().state(k);
        Tensor input = chain.arena().combine(new double[] {call.inputScale() * call.inputWeights()[0]}, List.of(state));
        double[] x = state.toDoubles();
        double[] next = chain.behaviour().state(k + 1).toDoubles();
        double[] h = chain.denoiser()
                .predict(chain.arena(), input, call.at(), program.wanted())
                .toDoubles();
        double[] m = program.transform().apply(h, ROWS);
        double[] result = new double[ROWS];
        int size = x.length / ROWS;
        for (int i = 0; i < x.length; i++) {
            double mean = call.transition()[0][0] * x[i] + call.ofOutput()[0] * m[i] + call.ofRaw()[0] * h[i];
            double residual = (next[i] - mean) / call.noise();
            result[i / size] += -residual * residual / 2 - Math.log(call.noise()) - Math.log(2 * Math.PI) / 2;
        }
        return result;
    }

    /** On plain arrays, with a network that is nonlinear in its input and knows alpha and sigma. */
    @Test
    void what_the_model_predicts_makes_no_difference_to_the_samples() {
        assumeTrue(sameForAllPredictions() && schedule().variancePreserving());
        double[] expected = plainSample(PredictionType.EPSILON);
        for (PredictionType other : List.of(PredictionType.SAMPLE, PredictionType.V_PREDICTION)) {
            assertArrayEquals(expected, plainSample(other), 1e-7 * largest(expected), other.name());
        }
    }

    private double[] plainSample(PredictionType prediction) {
        SamplerProgram program =
                sampler().program(new Sampler.Request(schedule(), prediction, steps(), modelSettings()));
        SplittableRandom random = new SplittableRandom(3);
        double[] start = new double[ROWS * 4];
        Arrays.setAll(start, i -> program.initScale() * (2 * random.nextDouble() - 1));
        PlainChain chain = new PlainChain(program, prediction, ROWS, start);
        for (int k = 0; k < program.size(); k++) {
            TimePoint at = program.calls().get(k).at();
            PredictionType.Affine affine = PredictionType.EPSILON.to(prediction, at.alpha(), at.sigma());
            double[] z = new double[start.length];
            Arrays.setAll(z, i -> 2 * random.nextDouble() - 1);
            chain.step(k, z, u -> {
                double[] said = new double[u.length];
                Arrays.setAll(said, i -> {
                    double eps = at.sigma() * u[i] + 0.3 * at.alpha() * Math.tanh(u[i] + u[(i + 1) % u.length]);
                    return affine.ofInput() * u[i] + affine.ofPrediction() * eps;
                });
                return said;
            });
        }
        return chain.output();
    }

    /** For every noisy call: the mean of p'(x') / p(x') over samples from p is 1, whatever p' is. */
    @Test
    void the_probability_of_every_step_integrates_to_one() {
        SamplerProgram program = program();
        assumeTrue(program.calls().stream().anyMatch(SamplerCall::stochastic), "no noise, no probability");
        int rows = 64;
        VectorMoments[] ratios = new VectorMoments[program.size()];
        Arrays.setAll(ratios, k -> new VectorMoments(1));
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, new TrainableTarget.Full(List.of("b", "v")))) {
            double[] theta = bench.initialParameters(0);
            double[] moved = theta.clone();
            Arrays.setAll(moved, i -> theta[i] + 0.03 * Math.cos(i));
            for (int replica = 0; replica < 60; replica++) {
                try (Rollout rollout = bench.rollout(program, batch(rows, replica), theta);
                        SamplingChain after = bench.chain(rollout, moved, 0, 0)) {
                    for (int k = 0; k < program.size(); k++) {
                        if (program.stochastic(k)) {
                            for (double ratio :
                                    after.score(after.behaviour(), k).logRatio()) {
                                ratios[k].add(new double[] {Math.exp(ratio)});
                            }
                        }
                    }
                }
            }
        }
        for (int k = 0; k < program.size(); k++) {
            if (program.stochastic(k)) {
                double error = ratios[k].standardError()[0];
                assertTrue(error < 0.1, "call " + k + " is measured to " + error);
                assertEquals(1, ratios[k].mean()[0], 4.5 * error + 1e-9, "call " + k);
            }
        }
    }

    @Test
    void the_mean_score_is_zero() {
        SamplerProgram program = program();
        assumeTrue(program.calls().stream().anyMatch(SamplerCall::stochastic), "no noise, no score");
        int rows = 64;
        double[] ones = new double[rows];
        Arrays.fill(ones, 1);
        SweepPlan plan = SweepPlan.of(program);
        for (int k = 0; k < program.size(); k++) {
            plan = program.stochastic(k) ? plan.cut(k, ones) : plan;
        }
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, new TrainableTarget.Full(List.of("b", "v")))) {
            double[] theta = bench.initialParameters(0);
            VectorMoments scores = new VectorMoments(theta.length);
            for (int replica = 1000; replica < 1200; replica++) {
                try (Rollout rollout = bench.rollout(program, batch(rows, replica), theta);
                        SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                    scores.add(chain.sweep(chain.behaviour(), plan));
                }
            }
            HolmCorrection holm = HolmCorrection.of(scores, 1e-3);
            assertEquals(0, holm.rejected(), holm::toString);
            assertTrue(holm.z() < 3.5, holm::toString);
        }
    }

    @Test
    void samples_follow_from_their_keys_whatever_the_batch() {
        try (ComputeBackend backend = backend();
                Workbench bench = open(backend, WEIGHTS)) {
            double[] four = sample(bench, 4, 0);
            assertArrayEquals(four, sample(bench, 4, 0));
            assertFalse(Arrays.equals(four, sample(bench, 4, 1)));
            double[] two = sample(bench, 2, 0);
            assertArrayEquals(Arrays.copyOf(four, two.length), two, 1e-12);
        }
    }

    private double[] sample(Workbench bench, int rows, long number) {
        return bench.images(program(), batch(rows, number), bench.initialParameters(0))
                .pixels();
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).reduce(1, Math::max);
    }
}
