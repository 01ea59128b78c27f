package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.SamplerProgram;
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
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts(target, reward))) {
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
        };
    }
}
