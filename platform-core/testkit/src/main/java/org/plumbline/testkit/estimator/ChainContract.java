package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.kernel.chain.RecordingPolicy;
import org.plumbline.kernel.chain.RewardTerm;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Judgement;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.backend.WrappedBackend;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;

/**
 * The contract of the host's sampling chain on a backend in float64: rollouts, also with moved parameters, follow the
 * table and the noise of their keys; work is counted; what cannot be done is refused. {@link SweepContract} is about its
 * gradients.
 */
public abstract class ChainContract {
    private static final TanhChain TOY = new TanhChain(2);
    private static final SamplerProgram PROGRAM = TOY.programWithMemory(4);
    private static final QuadraticReward REWARD = QuadraticReward.around(0.5, -0.25);
    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());
    private static final int ROWS = 3;
    private static final double TOLERANCE = 1e-12;

    /** For subclasses. */
    protected ChainContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    private static NoiseSource noise() {
        return NoiseSource.keyed(77, "chain-contract", 0);
    }

    private static Batch batch() {
        return new Batch(List.of("", "", ""), noise());
    }

    private static ChainParts parts(TrainableTarget target, RewardModel reward) {
        return new ChainParts(ClosedFormModel.of(TOY, SweepContract.SCHEDULE), target, 3, reward, List.of(""), ROWS);
    }

    @FunctionalInterface
    private interface Body {
        void run(Workbench bench, SamplingChain chain);
    }

    /** Runs something on a chain at the initial parameters. */
    private void on(TrainableTarget target, RewardModel reward, Body body) {
        on(parts(target, reward), body);
    }

    private void on(ChainParts parts, Body body) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = bench.initialParameters(4);
            try (Rollout rollout = bench.rollout(PROGRAM, batch(), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 9, 0)) {
                body.run(bench, chain);
            }
        }
    }

    /** x' = 0.8 x + 0.5 m + 0.25 m_prev + 0.3 z in a plain loop, row after row; all states, the last one last. */
    private static double[][] states(IntFunction<double[]> weightsOfCall, IntFunction<double[]> initialOfRow) {
        double[][] states = new double[PROGRAM.size() + 1][2 * ROWS];
        for (int row = 0; row < ROWS; row++) {
            double[] x = initialOfRow.apply(row);
            double[] before = new double[2];
            System.arraycopy(x, 0, states[0], 2 * row, 2);
            for (int k = 0; k < PROGRAM.size(); k++) {
                double[] w = weightsOfCall.apply(k);
                double[] z = noise().step(row, k, 2);
                double[] m = {Math.tanh(w[0] * x[0] + w[1] * x[1]), Math.tanh(w[2] * x[0] + w[3] * x[1])};
                double[] next = new double[2];
                for (int i = 0; i < 2; i++) {
                    next[i] = 0.8 * x[i] + 0.5 * m[i] + 0.25 * before[i] + 0.3 * z[i];
                }
                x = next;
                before = m;
                System.arraycopy(x, 0, states[k + 1], 2 * row, 2);
            }
        }
        return states;
    }

    private static double[] rewards(double[] output) {
        double[] rewards = new double[ROWS];
        Arrays.setAll(rewards, row -> REWARD.at(output[2 * row], output[2 * row + 1]));
        return rewards;
    }

    @Test
    void a_rollout_follows_the_table_and_the_noise_of_its_keys() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            double[] w = chain.parameters();
            double[][] expected = states(k -> w, row -> noise().initial(row, 2));
            Trajectory sampled = chain.behaviour();
            for (int k = 0; k < expected.length; k++) {
                assertArrayEquals(expected[k], sampled.state(k).toDoubles(), TOLERANCE, "state " + k);
            }
            double[] end = expected[PROGRAM.size()];
            assertArrayEquals(end, sampled.output().toDoubles(), TOLERANCE);
            assertArrayEquals(rewards(end), chain.rewards(sampled), TOLERANCE);
            ImageBatch images = bench.images(PROGRAM, batch(), w);
            assertArrayEquals(end, images.pixels(), TOLERANCE);
            assertArrayEquals(rewards(end), bench.score(REWARD, images, batch().prompts()), TOLERANCE);
        });
    }

    @Test
    void a_perturbed_rollout_has_the_noise_of_the_behaviour() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            double[] behaviour = chain.rewards(chain.behaviour());
            Perturbation still = new Perturbation(new double[] {1, 2, 3, 4}, 0, bits(0, 4));
            assertArrayEquals(behaviour, chain.rewards(chain.perturbed(still)));
            assertArrayEquals(
                    chain.behaviour().output().toDoubles(),
                    chain.perturbed(still).output().toDoubles());
        });
    }

    @Test
    void a_perturbation_moves_the_parameters_on_its_calls_only() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            double[] w = chain.parameters();
            double[] direction = {0.3, -1, 0.7, 0.2};
            double[] moved = w.clone();
            Arrays.setAll(moved, i -> w[i] - 0.4 * direction[i]);
            for (BitSet calls : List.of(bits(1, 2), bits(2, 4), bits(0, 4), new BitSet())) {
                double[][] expected = states(k -> calls.get(k) ? moved : w, row -> noise().initial(row, 2));
                Trajectory found = chain.perturbed(new Perturbation(direction, -0.4, calls));
                assertArrayEquals(expected[PROGRAM.size()], found.output().toDoubles(), TOLERANCE, calls.toString());
                assertArrayEquals(rewards(expected[PROGRAM.size()]), chain.rewards(found), TOLERANCE);
            }
        });
    }

    @Test
    void trained_initial_noise_moves_with_the_first_call() {
        on(new TrainableTarget.InitialNoise(), REWARD, (bench, chain) -> {
            double[] start = chain.parameters();
            double[] direction = {0.3, -1, 0.7, 0.2, 0.5, -0.6};
            double[] w = TOY.theta();
            for (BitSet calls : List.of(bits(0, 1), bits(1, 4))) {
                double size = calls.get(0) ? 0.4 : 0;
                double[][] expected = states(k -> w, row -> new double[] {
                    start[2 * row] + size * direction[2 * row], start[2 * row + 1] + size * direction[2 * row + 1]
                });
                Trajectory found = chain.perturbed(new Perturbation(direction, 0.4, calls));
                assertArrayEquals(expected[PROGRAM.size()], found.output().toDoubles(), TOLERANCE, calls.toString());
            }
        });
    }

    private static BitSet bits(int from, int to) {
        BitSet bits = new BitSet();
        bits.set(from, to);
        return bits;
    }

    @Test
    void rollout_replay_and_rewards_are_counted_once() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            int calls = PROGRAM.size();
            chain.rewards(chain.behaviour());
            chain.rewards(chain.behaviour());
            assertEquals(work(calls, 0, 1), bench.ledger().reading());
            // The gradient is computed with the rewards, so the rewards are evaluated again, but only once.
            chain.sweep(
                    chain.behaviour(), SweepPlan.of(PROGRAM).fromReward(ROWS).stopBefore(1));
            chain.sweep(
                    chain.behaviour(), SweepPlan.of(PROGRAM).fromReward(ROWS).stopBefore(1));
            assertEquals(
                    work(calls + 2L * (calls - 2), 2L * (calls - 2), 2),
                    bench.ledger().reading());
        });
    }

    private static Ledger.Work work(long forward, long backward, long rewards) {
        return new Ledger.Work(forward, backward, forward * ROWS, backward * ROWS, rewards * ROWS);
    }

    /** Minus zero equals zero in every sum, but is another number: the ratio is then computed, not known. */
    @Test
    void the_log_ratio_is_exactly_zero_while_the_parameters_are_the_behaviours() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts(WEIGHTS, REWARD))) {
            double[] theta = {0.3, 0.0, -0.7, 0.2};
            double[] same = {0.3, -0.0, -0.7, 0.2};
            try (Rollout rollout = bench.rollout(PROGRAM, batch(), theta);
                    SamplingChain first = bench.chain(rollout, theta, 0, 0);
                    SamplingChain second = bench.chain(rollout, same, 0, 1)) {
                first.behaviour();
                Ledger.Work before = bench.ledger().reading();
                for (int k = 0; k < PROGRAM.size(); k++) {
                    assertArrayEquals(
                            new double[ROWS], first.score(first.behaviour(), k).logRatio(), 0.0);
                }
                assertEquals(0, bench.ledger().reading().since(before).nfeForward());
                for (int k = 0; k < PROGRAM.size(); k++) {
                    assertArrayEquals(
                            new double[ROWS],
                            second.score(second.behaviour(), k).logRatio(),
                            0.0);
                    assertArrayEquals(
                            second.behaviour().noise(k).toDoubles(),
                            second.score(second.behaviour(), k).residual().toDoubles());
                }
                assertEquals(
                        2L * PROGRAM.size(),
                        bench.ledger().reading().since(before).nfeForward());
            }
        }
    }

    @Test
    void a_perturbed_rollout_keeps_its_ends_only() {
        MeteredBackend metered = new MeteredBackend(backend(), false);
        try (metered;
                Workbench bench = Workbench.open(metered, parts(WEIGHTS, REWARD));
                Rollout rollout = bench.rollout(PROGRAM, batch(), bench.initialParameters(4));
                SamplingChain chain = bench.chain(rollout, bench.initialParameters(4), 9, 0)) {
            int before = metered.aliveTensors();
            Trajectory end = chain.perturbed(new Perturbation(new double[] {1, 2, 3, 4}, 0.1, bits(0, 2)));
            chain.rewards(end);
            assertEquals(2, metered.aliveTensors() - before, "tensors: where it starts and where it ends");
            assertEquals(ROWS, end.initial().rows());
        }
    }

    /** Each as if it were alone, all for the evaluations of one rollout. */
    @Test
    void a_perturbation_per_row_moves_that_row_only() {
        for (TrainableTarget target : List.of(WEIGHTS, new TrainableTarget.InitialNoise())) {
            on(target, REWARD, (bench, chain) -> {
                int size = chain.parameterCount();
                List<Perturbation> rows = List.of(
                        new Perturbation(direction(size, 1), -0.4, bits(0, 2)),
                        new Perturbation(direction(size, 2), 0.3, bits(1, 4)),
                        new Perturbation(direction(size, 3), 0.2, bits(0, 4)));
                double[][] alone = new double[ROWS][];
                for (int row = 0; row < ROWS; row++) {
                    alone[row] = chain.perturbed(rows.get(row)).output().toDoubles();
                }
                Ledger.Work before = bench.ledger().reading();
                Trajectory together = chain.perturbed(rows);
                Ledger.Work done = bench.ledger().reading().since(before);
                double[] output = together.output().toDoubles();
                for (int row = 0; row < ROWS; row++) {
                    assertArrayEquals(
                            Arrays.copyOfRange(alone[row], 2 * row, 2 * row + 2),
                            Arrays.copyOfRange(output, 2 * row, 2 * row + 2),
                            TOLERANCE,
                            target + ", row " + row);
                }
                assertArrayEquals(rewards(output), chain.rewards(together), TOLERANCE);
                assertEquals(work(PROGRAM.size(), 0, 0), done);
                assertThrows(IllegalArgumentException.class, () -> chain.perturbed(rows.subList(0, 2)));
            });
        }
    }

    private static double[] direction(int size, double phase) {
        double[] direction = new double[size];
        Arrays.setAll(direction, i -> Math.sin(phase + 1.7 * i));
        return direction;
    }

    /** Three latents, two at a time: one piece is smaller than the others. */
    @Test
    void a_decoder_that_asks_for_pieces_gets_them_and_gives_the_same() {
        ChainParts whole = parts(WEIGHTS, REWARD);
        ChainParts pieces = new ChainParts(
                new DecodedInPieces(whole.model(), 2), WEIGHTS, 3, REWARD, whole.prompts(), whole.rows());
        Map<String, double[]> expected = new HashMap<>();
        on(whole, (bench, chain) -> expected.putAll(judged(bench, chain)));
        LargestLatents largest = new LargestLatents(backend());
        try (ComputeBackend backend = largest;
                Workbench bench = Workbench.open(backend, pieces)) {
            double[] theta = bench.initialParameters(4);
            try (Rollout rollout = bench.rollout(PROGRAM, batch(), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 9, 0)) {
                judged(bench, chain).forEach((what, values) -> assertArrayEquals(expected.get(what), values, what));
            }
        }
        assertEquals(2, largest.rows);
    }

    private static Map<String, double[]> judged(Workbench bench, SamplingChain chain) {
        return Map.of(
                "rewards", chain.rewards(chain.behaviour()),
                "gradient", chain.rewardGradient(chain.behaviour()).toDoubles(),
                "images",
                        bench.images(PROGRAM, batch(), bench.initialParameters(4))
                                .pixels());
    }

    /** Sees how many latents are decoded at once. */
    private static final class LargestLatents extends WrappedBackend {
        private int rows;

        LargestLatents(ComputeBackend inner) {
            super(inner);
        }

        @Override
        protected Tensor forward(
                Network network, TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
            see(inputs);
            return super.forward(network, into, parameters, inputs);
        }

        @Override
        protected VectorJacobian vjp(
                Network network,
                TensorArena into,
                @Nullable Tensor parameters,
                Map<String, Tensor> inputs,
                Tensor cotangent,
                Set<String> wrt) {
            see(inputs);
            return super.vjp(network, into, parameters, inputs, cotangent, wrt);
        }

        private void see(Map<String, Tensor> inputs) {
            Tensor latents = inputs.get(ImageDecoder.LATENT);
            if (latents != null) {
                rows = Math.max(rows, latents.rows());
            }
        }
    }

    /** R = 2 R_1 - 0.5 R_2, of the sampled images and of any others. */
    @Test
    void several_rewards_are_their_weighted_sum() {
        QuadraticReward other = QuadraticReward.halfSquare(-1, 2);
        double[] any = {0.1, 0.2, -0.3, 0.4, 1.5, -1.6};
        Map<String, double[]> first = judged(List.of(new RewardTerm(REWARD, 1)), any);
        Map<String, double[]> second = judged(List.of(new RewardTerm(other, 1)), any);
        Map<String, double[]> both = judged(List.of(new RewardTerm(REWARD, 2), new RewardTerm(other, -0.5)), any);
        first.forEach((what, values) -> {
            double[] sum = new double[values.length];
            Arrays.setAll(sum, i -> 2 * values[i] - 0.5 * number(second, what, i));
            assertArrayEquals(sum, both.get(what), TOLERANCE, what);
        });
        for (int row = 0; row < ROWS; row++) {
            double[] x = Arrays.copyOfRange(any, 2 * row, 2 * row + 2);
            assertEquals(REWARD.at(x), number(first, "rewards of any latents", row), TOLERANCE);
            for (int i = 0; i < 2; i++) {
                double slope = -2 * (x[i] - (i == 0 ? 0.5 : -0.25));
                assertEquals(slope, number(first, "gradient of any latents", 2 * row + i), TOLERANCE);
            }
        }
    }

    private static double number(Map<String, double[]> numbers, String what, int index) {
        return Objects.requireNonNull(numbers.get(what), what)[index];
    }

    private Map<String, double[]> judged(List<RewardTerm> terms, double[] any) {
        Map<String, double[]> numbers = new HashMap<>();
        on(several(terms), (bench, chain) -> {
            Trajectory sampled = chain.behaviour();
            numbers.put("rewards", chain.rewards(sampled));
            numbers.put("gradient", chain.rewardGradient(sampled).toDoubles());
            numbers.put("sweep", chain.sweep(sampled, SweepPlan.of(PROGRAM).fromReward(ROWS)));
            Tensor latents = chain.arena().tensor(any, ROWS, 2, 1, 1);
            Ledger.Work before = bench.ledger().reading();
            Judgement judgement = chain.judge(latents, chain.prompts());
            assertEquals(
                    (long) ROWS * terms.size(),
                    bench.ledger().reading().since(before).rewardEvaluations());
            numbers.put("rewards of any latents", judgement.rewards());
            numbers.put("gradient of any latents", judgement.gradient().toDoubles());
            assertArrayEquals(judgement.rewards(), chain.rewards(latents, chain.prompts()));
        });
        return numbers;
    }

    private static ChainParts several(List<RewardTerm> terms) {
        return new ChainParts(
                ClosedFormModel.of(TOY, SweepContract.SCHEDULE),
                WEIGHTS,
                Guidance.of(3),
                terms,
                List.of(""),
                ROWS,
                RecordingPolicy.FULL,
                PromptSchedule.none());
    }

    @Test
    void a_black_box_among_several_rewards_has_values_and_makes_the_sum_one() {
        List<RewardTerm> terms = List.of(new RewardTerm(REWARD, 2), new RewardTerm(rewarding(1, 2, 3), 10));
        on(several(terms), (bench, chain) -> {
            assertFalse(chain.profile().rewardDifferentiable());
            assertEquals("its values are a list", chain.profile().whyNoRewardGradient());
            double[] expected = rewards(chain.behaviour().output().toDoubles());
            Arrays.setAll(expected, row -> 2 * expected[row] + 10 * (row + 1));
            assertArrayEquals(expected, chain.rewards(chain.behaviour()), TOLERANCE);
            assertThrows(UnsupportedOperationException.class, () -> chain.rewardGradient(chain.behaviour()));
        });
    }

    @Test
    void random_streams_follow_from_seed_update_and_purpose() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            double first = chain.random("a").nextGaussian();
            assertEquals(first, chain.random("a").nextGaussian());
            assertFalse(first == chain.random("b").nextGaussian());
        });
    }

    @Test
    void what_cannot_be_done_is_refused() {
        on(WEIGHTS, REWARD, (bench, chain) -> {
            Trajectory end = chain.perturbed(new Perturbation(new double[4], 0, new BitSet()));
            assertThrows(IllegalArgumentException.class, () -> chain.sweep(end, SweepPlan.of(PROGRAM)));
            assertThrows(IllegalStateException.class, () -> end.state(2));
            assertRefused(
                    StandardError.NOT_FINITE,
                    () -> chain.sweep(
                            chain.behaviour(), SweepPlan.of(PROGRAM).fromReward(new double[] {1, Double.NaN, 1})));
        });
        SamplerProgram silent = Situation.withNoise(PROGRAM, 0);
        assertThrows(IllegalArgumentException.class, () -> SweepPlan.of(silent).cut(1, new double[ROWS]));
        on(
                WEIGHTS,
                rewarding(1, 2),
                (bench, chain) -> assertRefused(StandardError.PLUGIN_CONTRACT, () -> chain.rewards(chain.behaviour())));
        on(
                WEIGHTS,
                rewarding(1, Double.NaN, 3),
                (bench, chain) -> assertRefused(StandardError.NOT_FINITE, () -> chain.rewards(chain.behaviour())));
        on(
                WEIGHTS,
                rewarding(1, 2, 3),
                (bench, chain) -> assertThrows(
                        UnsupportedOperationException.class, () -> chain.rewardGradient(chain.behaviour())));
    }

    @Test
    void a_run_that_trains_conditions_samples_the_prompts_it_trains_only() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, Situation.CONDITIONING.parts(1))) {
            Batch foreign = new Batch(List.of("c"), noise());
            assertRefused(
                    StandardError.INCOMPATIBLE, () -> bench.rollout(PROGRAM, foreign, bench.initialParameters(0)));
        }
    }

    private static void assertRefused(StandardError code, Executable action) {
        PlumblineException refusal = assertThrows(PlumblineException.class, action);
        assertEquals(code, refusal.code(), refusal.getMessage());
    }

    private static BlackBoxRewardModel rewarding(double... values) {
        return new BlackBoxRewardModel() {
            @Override
            public String unit() {
                return "none";
            }

            @Override
            public double[] score(ImageBatch images, List<String> prompts) {
                return values.clone();
            }

            @Override
            public String whyNoGradient() {
                return "its values are a list";
            }
        };
    }
}
