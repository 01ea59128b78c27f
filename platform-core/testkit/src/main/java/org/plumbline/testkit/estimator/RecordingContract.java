package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.RecordingPolicy;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.Clipping;

/**
 * The contract of recording policies on a backend: whatever is kept of a trajectory, every number that comes of it has
 * the same bits; only network calls and memory differ, and those are what the policies say.
 */
public abstract class RecordingContract {
    private static final TanhChain TOY = new TanhChain(2);
    private static final int ROWS = 3;
    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());

    /** For subclasses. */
    protected RecordingContract() {}

    /** Where networks run. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** Samplers with and without memory, noise and output transform. */
    enum Kind {
        NOISY,
        SILENT,
        WITH_MEMORY,
        SILENT_WITH_MEMORY,
        CLIPPED,
        CLIPPED_WITH_MEMORY;

        SamplerProgram program(int calls) {
            boolean remembers = this == WITH_MEMORY || this == SILENT_WITH_MEMORY || this == CLIPPED_WITH_MEMORY;
            SamplerProgram program = remembers ? TOY.programWithMemory(calls) : TOY.program(calls);
            if (this == SILENT || this == SILENT_WITH_MEMORY) {
                return Situation.withNoise(program, 0);
            }
            return this == CLIPPED || this == CLIPPED_WITH_MEMORY ? clipped(program) : program;
        }

        /** So tight that some predictions are clipped and some are not. */
        private static SamplerProgram clipped(SamplerProgram program) {
            return new SamplerProgram(
                    program.name() + ", clipped",
                    PredictionType.EPSILON,
                    new Clipping(0.5),
                    program.registers(),
                    program.initScale(),
                    program.calls(),
                    program.output());
        }
    }

    private static ChainParts parts(RecordingPolicy policy) {
        return new ChainParts(
                        ClosedFormModel.of(TOY, SweepContract.SCHEDULE),
                        WEIGHTS,
                        1,
                        QuadraticReward.around(0.5, -0.25),
                        List.of(""),
                        ROWS)
                .with(policy);
    }

    private static RecordingPolicy binomial(int snapshots) {
        return new RecordingPolicy(RecordingPolicy.Kind.BINOMIAL, snapshots);
    }

    private static RecordingPolicy sqrt() {
        return new RecordingPolicy(RecordingPolicy.Kind.SQRT, 0);
    }

    private static Batch batch() {
        return new Batch(List.of("", "", ""), NoiseSource.keyed(31, "recording-contract", 0));
    }

    /** Something that is done on a chain, whose parameters may have moved since the rollout. */
    @FunctionalInterface
    private interface Body<T> {
        T run(Workbench bench, SamplingChain chain);
    }

    private <T> T on(
            ComputeBackend backend, RecordingPolicy policy, SamplerProgram program, double move, Body<T> body) {
        try (Workbench bench = Workbench.open(backend, parts(policy))) {
            double[] theta = bench.initialParameters(0);
            double[] present = Arrays.stream(theta).map(value -> value + move).toArray();
            try (Rollout rollout = bench.rollout(program, batch(), theta);
                    SamplingChain chain = bench.chain(rollout, present, 0, 0)) {
                return body.run(bench, chain);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void every_policy_gives_the_same_bits(Kind kind) {
        for (int calls : new int[] {1, 2, 5, 8}) {
            SamplerProgram program = kind.program(calls);
            for (double move : new double[] {0, 0.1}) {
                Map<String, double[]> full = numbers(RecordingPolicy.FULL, program, move);
                for (RecordingPolicy policy : List.of(sqrt(), binomial(1), binomial(3))) {
                    Map<String, double[]> found = numbers(policy, program, move);
                    full.forEach((name, expected) ->
                            assertArrayEquals(expected, found.get(name), () -> name + ", " + policy + ", " + program));
                }
            }
        }
    }

    /** States from the first to the last and back, rewards, scores, and sweeps of every form. */
    private Map<String, double[]> numbers(RecordingPolicy policy, SamplerProgram program, double move) {
        return on(backend(), policy, program, move, (bench, chain) -> {
            Map<String, double[]> numbers = new LinkedHashMap<>();
            Trajectory sampled = chain.behaviour();
            int calls = program.size();
            double[] weights = {0.5, -1, 2};
            SweepPlan fromReward = SweepPlan.of(program).fromReward(weights);
            numbers.put("sweep before anything else", chain.sweep(sampled, fromReward));
            numbers.put("output", sampled.output().toDoubles());
            numbers.put("rewards", chain.rewards(sampled));
            for (int k : there(calls)) {
                numbers.put("state " + k, sampled.state(k).toDoubles());
                numbers.put("state " + k + " once more", sampled.state(k).toDoubles());
            }
            SweepPlan cut = fromReward;
            SweepPlan rescored = fromReward;
            for (int k = calls - 1; k >= 0; k--) {
                numbers.put(
                        "from state " + (k + 1),
                        chain.sweep(sampled, SweepPlan.of(program).fromState(k + 1, sampled.state(calls))));
                numbers.put("stopped before " + k, chain.sweep(sampled, fromReward.stopBefore(k)));
                if (program.stochastic(k)) {
                    StepScore score = chain.score(sampled, k);
                    numbers.put("residual " + k, score.residual().toDoubles());
                    numbers.put("ratio " + k, score.logRatio());
                    if (program.markov()) {
                        numbers.put(
                                "shift " + k, chain.shift(sampled, k).shift().toDoubles());
                        numbers.put("divergence " + k, chain.shift(sampled, k).divergence());
                    }
                    rescored = rescored.cut(k, weights, score.residual());
                    cut = k % 2 == 0 ? cut.cut(k, weights) : cut;
                }
                numbers.put(
                        "branch " + k,
                        chain.branch(k, sampled.state(k)).output().toDoubles());
            }
            numbers.put("cut", chain.sweep(sampled, cut));
            numbers.put("rescored", chain.sweep(sampled, rescored));
            numbers.put("sweep at last", chain.sweep(sampled, fromReward));
            return numbers;
        });
    }

    /** 0, K, 1, K - 1 ..: far apart, so that nothing that is at hand by chance helps. */
    private static List<Integer> there(int calls) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i <= calls; i++) {
            order.add(i % 2 == 0 ? i / 2 : calls - i / 2);
        }
        return order;
    }

    /** Sampling K; then a sweep makes every call once for its product, and what was not kept once more or more often. */
    @Test
    void the_calls_made_again_are_those_of_the_policy() {
        for (Kind kind : List.of(Kind.NOISY, Kind.WITH_MEMORY)) {
            for (int calls = 1; calls <= 11; calls += 2) {
                SamplerProgram program = kind.program(calls);
                assertEquals(2L * calls, sweepCost(RecordingPolicy.FULL, program), "everything kept, " + program);
                assertEquals(3L * calls, sweepCost(sqrt(), program), "square root, " + program);
                for (int snapshots = 1; snapshots <= 5; snapshots++) {
                    long again = sweepCost(binomial(snapshots), program) - 2L * calls;
                    long ahead = binomialCost(calls, snapshots);
                    // Of all calls ahead some were made while sampling: those up to the last snapshot.
                    long least = snapshots == 1 ? ahead : ahead - (calls - 1);
                    assertTrue(
                            least <= again && again <= ahead,
                            snapshots + " snapshots, " + program + ": " + again + " calls again, not " + least + " to "
                                    + ahead);
                }
                assertEquals(2L * calls, sweepCost(binomial(calls), program), "a snapshot per call, " + program);
            }
        }
    }

    private long sweepCost(RecordingPolicy policy, SamplerProgram program) {
        return on(backend(), policy, program, 0, (bench, chain) -> {
            chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(ROWS));
            Ledger.Work work = bench.ledger().reading();
            assertEquals(program.size(), work.nfeBackward());
            assertEquals(ROWS * work.nfeForward(), work.rowsForward());
            return work.nfeForward();
        });
    }

    /** Griewank's closed form: r n - binomial(c + r, c + 1) calls ahead, r the least with n <= binomial(c + r, c). */
    private static long binomialCost(int calls, int snapshots) {
        int r = 0;
        while (binomial(snapshots + r, snapshots) < calls) {
            r++;
        }
        return (long) r * calls - binomial(snapshots + r, snapshots + 1);
    }

    private static long binomial(int n, int k) {
        return k > n ? 0 : IntStream.rangeClosed(1, k).asLongStream().reduce(1, (value, i) -> value * (n - k + i) / i);
    }

    /** Peaks of a sampled and swept chain, in latents. */
    @Test
    void memory_grows_as_the_policies_say() {
        for (Kind kind : List.of(Kind.NOISY, Kind.WITH_MEMORY)) {
            int registers = kind.program(1).registers();
            double full = growth(RecordingPolicy.FULL, kind, 16, 100);
            assertTrue(full >= 2 * 84 && full <= 3 * 84, kind + ": everything kept takes " + full + " latents more");
            double root = growth(sqrt(), kind, 16, 100);
            // Six more starts with their registers, and a segment that is six calls longer.
            double most = 6 * registers + 3 * 6;
            assertTrue(root > 0 && root <= most, kind + ": square root takes " + root + " latents more, not " + most);
            assertEquals(0, growth(binomial(4), kind, 16, 100), kind + ": four snapshots are four snapshots");
        }
    }

    private double growth(RecordingPolicy policy, Kind kind, int few, int many) {
        double latent = ROWS * 2;
        return (peak(policy, kind.program(many)) - peak(policy, kind.program(few))) / latent;
    }

    private long peak(RecordingPolicy policy, SamplerProgram program) {
        MeteredBackend metered = new MeteredBackend(backend(), false);
        try (metered) {
            return on(metered, policy, program, 0, (bench, chain) -> {
                metered.resetPeak();
                chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(ROWS));
                return metered.peakNumbers();
            });
        }
    }
}
