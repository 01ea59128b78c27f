package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
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
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.chain.StoredGraph;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The contract of parts of a chain on a backend in float64: its beginning alone, branches that leave it before a call, and
 * cotangents that arrive at states in its middle.
 */
public abstract class BranchContract {
    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());
    private static final int ROWS = 3;
    private static final double TOLERANCE = 1e-8;

    private static final TanhChain TOY = new TanhChain(2);
    private static final double[] CENTRE = {0.5, -0.25};
    private static final int CALLS = 5;

    /** For subclasses. */
    protected BranchContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    @FunctionalInterface
    private interface Body {
        void run(Workbench bench, SamplingChain chain);
    }

    private void on(ChainParts parts, SamplerProgram program, Batch batch, Body body) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = bench.initialParameters(1);
            try (Rollout rollout = bench.rollout(program, batch, theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                body.run(bench, chain);
            }
        }
    }

    private static Batch batch() {
        return SweepContract.batch(ROWS, 0);
    }

    @ParameterizedTest
    @EnumSource(SweepContract.Problem.class)
    void a_beginning_is_the_behaviour_up_to_there(SweepContract.Problem problem) {
        int calls = problem.program.size() - 1;
        double[][] states = new double[calls + 1][];
        double[][] gradient = new double[1][];
        on(problem.parts(WEIGHTS), problem.program, batch(), (bench, chain) -> {
            for (int k = 0; k <= calls; k++) {
                states[k] = chain.behaviour().state(k).toDoubles();
            }
            Ledger.Work before = bench.ledger().reading();
            assertArrayEquals(states[calls], chain.beginning(calls).state(calls).toDoubles());
            assertEquals(0, bench.ledger().reading().since(before).nfeForward(), "the behaviour was sampled before");
            gradient[0] = chain.sweep(chain.behaviour(), fromMiddle(chain, calls));
        });
        on(problem.parts(WEIGHTS), problem.program, batch(), (bench, chain) -> {
            Trajectory beginning = chain.beginning(calls);
            assertEquals(calls, bench.ledger().reading().nfeForward());
            for (int k = 0; k <= calls; k++) {
                assertArrayEquals(states[k], beginning.state(k).toDoubles(), "state " + k);
            }
            assertArrayEquals(gradient[0], chain.sweep(beginning, fromMiddle(chain, calls)));
            assertThrows(NullPointerException.class, beginning::output);
            assertThrows(IllegalStateException.class, () -> beginning.state(calls + 1));
            assertArrayEquals(states[1], chain.behaviour().state(1).toDoubles(), "and the behaviour after it");
        });
    }

    private static SweepPlan fromMiddle(SamplingChain chain, int k) {
        Tensor cotangent = chain.behaviour().state(0);
        return SweepPlan.of(chain.program()).fromState(k, cotangent);
    }

    /** Whatever the recording keeps, and with every sampler's memory. */
    @ParameterizedTest
    @EnumSource(SweepContract.Problem.class)
    void a_branch_from_the_behaviours_own_state_is_the_behaviour(SweepContract.Problem problem) {
        SamplerProgram program = problem.program;
        for (RecordingPolicy.Kind kind : RecordingPolicy.Kind.values()) {
            ChainParts parts = problem.parts(WEIGHTS).with(new RecordingPolicy(kind, 2));
            on(parts, program, batch(), (bench, chain) -> {
                Trajectory sampled = chain.behaviour();
                for (int k = 0; k < program.size(); k++) {
                    Trajectory branch = chain.branch(k, sampled.state(k));
                    String what = kind + ", call " + k;
                    assertArrayEquals(
                            sampled.output().toDoubles(), branch.output().toDoubles(), what);
                    for (int j = k; j <= program.size(); j++) {
                        assertArrayEquals(
                                sampled.state(j).toDoubles(), branch.state(j).toDoubles(), what);
                    }
                    assertArrayEquals(chain.rewards(sampled), chain.rewards(branch), what);
                    SweepPlan plan = SweepPlan.of(program).fromReward(ROWS);
                    SweepPlan upToHere = k == 0 ? plan : plan.stopBefore(k - 1);
                    assertArrayEquals(chain.sweep(sampled, upToHere), chain.sweep(branch, plan), what);
                }
            });
        }
    }

    @Test
    void a_branch_costs_its_calls_and_leaves_the_callers_state_alone() {
        on(toy(), TOY.programWithMemory(CALLS), batch(), (bench, chain) -> {
            chain.behaviour();
            Ledger.Work before = bench.ledger().reading();
            Tensor state = chain.arena().tensor(new double[] {1, 2, 3, 4, 5, 6}, ROWS, 2, 1, 1);
            Trajectory branch = chain.branch(2, state);
            assertEquals(CALLS - 2, bench.ledger().reading().since(before).nfeForward());
            state.close();
            assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, branch.state(2).toDoubles());
            assertThrows(IllegalStateException.class, () -> branch.state(1));
            chain.sweep(branch, SweepPlan.of(chain.program()).fromReward(ROWS));
            assertEquals(2 * (CALLS - 2), bench.ledger().reading().since(before).nfeForward());
            assertEquals(CALLS - 2, bench.ledger().reading().since(before).nfeBackward());
        });
    }

    private static ChainParts toy() {
        return new ChainParts(
                ClosedFormModel.of(TOY, SweepContract.SCHEDULE),
                WEIGHTS,
                1,
                QuadraticReward.around(CENTRE),
                List.of(""),
                ROWS);
    }

    /**
     * The rest of the chain in a plain loop: x' = 0.8 x + 0.5 m + 0.25 m_prev + 0.3 z from another x before call k, with the
     * behaviour's m_prev as a constant.
     */
    @Test
    void a_branch_from_a_moved_state_goes_on_with_the_behaviours_noise_and_memory() {
        SamplerProgram program = TOY.programWithMemory(CALLS);
        on(toy(), program, batch(), (bench, chain) -> {
            double[] w = chain.parameters();
            for (int k = 0; k < CALLS; k++) {
                double[] start = {0.3, -1.1, 0.8, 0.2, -0.4, 1.5};
                int call = k;
                double[] memory = new double[start.length];
                if (k > 0) {
                    double[] before = chain.behaviour().state(k - 1).toDoubles();
                    for (int row = 0; row < ROWS; row++) {
                        System.arraycopy(m(w, before, row), 0, memory, 2 * row, 2);
                    }
                }
                Trajectory branch = chain.branch(k, chain.arena().tensor(start, ROWS, 2, 1, 1));
                assertArrayEquals(end(w, start, memory, call), branch.output().toDoubles(), 1e-13);
                double[] expected = FiniteDifferences.gradient(moved -> meanReward(end(moved, start, memory, call)), w);
                assertClose(expected, chain.sweep(branch, SweepPlan.of(program).fromReward(ROWS)), "call " + k);
            }
        });
    }

    private static double[] m(double[] w, double[] x, int row) {
        double first = x[2 * row];
        double second = x[2 * row + 1];
        return new double[] {Math.tanh(w[0] * first + w[1] * second), Math.tanh(w[2] * first + w[3] * second)};
    }

    private static double[] end(double[] w, double[] start, double[] memory, int from) {
        double[] x = start.clone();
        double[] last = memory.clone();
        NoiseSource noise = batch().noise();
        for (int k = from; k < CALLS; k++) {
            for (int row = 0; row < ROWS; row++) {
                double[] m = m(w, x, row);
                double[] z = noise.step(row, k, 2);
                for (int i = 0; i < 2; i++) {
                    int at = 2 * row + i;
                    x[at] = 0.8 * x[at] + 0.5 * m[i] + 0.25 * last[at] + 0.3 * z[i];
                    last[at] = m[i];
                }
            }
        }
        return x;
    }

    private static double meanReward(double[] x) {
        double sum = 0;
        for (int row = 0; row < ROWS; row++) {
            sum += QuadraticReward.around(CENTRE).at(x[2 * row], x[2 * row + 1]);
        }
        return sum / ROWS;
    }

    /** With guidance and time: the last calls as a chain of their own, back-propagated through its stored graph. */
    @Test
    void a_branch_of_a_guided_flow_is_the_stored_graph_of_the_rest() {
        SweepContract.Problem problem = SweepContract.Problem.EULER_FLOW_OF_AN_MLP;
        SamplerProgram program = problem.program;
        for (TrainableTarget target : List.of(WEIGHTS, new TrainableTarget.Conditioning())) {
            on(problem.parts(target), program, batch(), (bench, chain) -> {
                for (int k = 0; k < program.size(); k++) {
                    double[] start = chain.behaviour().state(k).toDoubles();
                    Arrays.setAll(start, i -> start[i] + 0.3 * Math.sin(1 + i));
                    Trajectory branch = chain.branch(
                            k,
                            chain.arena()
                                    .tensor(start, chain.behaviour().initial().shape()));
                    SamplerProgram rest = new SamplerProgram(
                            "the rest of " + program.name(),
                            program.wanted(),
                            program.transform(),
                            1,
                            1,
                            program.calls().subList(k, program.size()),
                            program.output());
                    try (ComputeBackend another = backend();
                            StoredGraph stored = StoredGraph.open(another, bench.parts(), rest)) {
                        StoredGraph.Pulled expected =
                                stored.pull(new Batch(chain.prompts(), startingAt(start)), chain.parameters());
                        assertArrayEquals(expected.rewards(), chain.rewards(branch), 1e-12);
                        double[] found =
                                chain.sweep(branch, SweepPlan.of(program).fromReward(ROWS));
                        assertClose(expected.gradient(), found, target + ", call " + k);
                    }
                }
            });
        }
    }

    private static NoiseSource startingAt(double[] start) {
        return new NoiseSource() {
            @Override
            public double[] initial(int row, int size) {
                return Arrays.copyOfRange(start, row * size, (row + 1) * size);
            }

            @Override
            public double[] step(int row, int call, int size) {
                throw new AssertionError("a flow takes no noise");
            }
        };
    }

    /** The gradient of the mean over rows of v . x_k + R, for all that can be trained. */
    @ParameterizedTest
    @EnumSource(SweepContract.Problem.class)
    void what_arrives_at_a_state_is_pulled_back_from_there(SweepContract.Problem problem) {
        SamplerProgram program = problem.program;
        List<TrainableTarget> targets = problem.conditional()
                ? List.of(WEIGHTS, new TrainableTarget.InitialNoise(), new TrainableTarget.Conditioning())
                : List.of(WEIGHTS, new TrainableTarget.InitialNoise());
        for (TrainableTarget target : targets) {
            on(problem.parts(target), program, batch(), (bench, chain) -> {
                double[] theta = chain.parameters();
                Trajectory sampled = chain.behaviour();
                double[] v = sampled.output().toDoubles();
                Arrays.setAll(v, i -> Math.cos(2 + 1.3 * i));
                Tensor cotangent = chain.arena().tensor(v, sampled.initial().shape());
                double[] ofReward = chain.sweep(sampled, SweepPlan.of(program).fromReward(ROWS));
                for (int k : new TreeSet<>(List.of(1, 1 + program.size() / 2, program.size()))) {
                    int at = k;
                    double[] expected = FiniteDifferences.gradient(
                            moved -> Vectors.dot(v, stateAt(bench, program, moved, at)) / ROWS, theta);
                    double[] found = chain.sweep(sampled, SweepPlan.of(program).fromState(k, cotangent));
                    assertClose(expected, found, target + ", state " + k);
                    double[] both = chain.sweep(
                            sampled, SweepPlan.of(program).fromReward(ROWS).fromState(k, cotangent));
                    Vectors.addTo(found, 1, ofReward);
                    assertClose(found, both, target + ", reward and state " + k);
                }
            });
        }
    }

    private static double[] stateAt(Workbench bench, SamplerProgram program, double[] theta, int k) {
        try (Rollout rollout = bench.rollout(program, batch(), theta);
                SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            return chain.behaviour().state(k).toDoubles();
        }
    }

    @Test
    void a_cut_replaces_what_arrives_at_the_same_state_and_a_stop_does_not() {
        SamplerProgram program = TOY.program(CALLS);
        double[] weights = {1, -2, 0.5};
        on(toy(), program, batch(), (bench, chain) -> {
            Trajectory sampled = chain.behaviour();
            Tensor cotangent = sampled.output();
            SweepPlan cut = SweepPlan.of(program).cut(2, weights);
            assertArrayEquals(
                    chain.sweep(sampled, cut),
                    chain.sweep(
                            sampled,
                            SweepPlan.of(program).fromState(3, cotangent).cut(2, weights)));
            SweepPlan arriving = SweepPlan.of(program).fromState(3, cotangent);
            SweepPlan stopped = SweepPlan.of(program).fromReward(ROWS).stopBefore(2);
            double[] sum = chain.sweep(sampled, arriving);
            Vectors.addTo(sum, 1, chain.sweep(sampled, stopped));
            assertArrayEquals(sum, chain.sweep(sampled, stopped.fromState(3, cotangent)), 1e-13);
        });
    }

    private static void assertClose(double[] expected, double[] found, String what) {
        double scale = Arrays.stream(expected).map(Math::abs).reduce(1, Math::max);
        assertArrayEquals(expected, found, TOLERANCE * scale, what);
    }
}
