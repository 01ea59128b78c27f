package org.plumbline.plugins.estimator.truncated.bp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Configuration;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Cutoff;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.CutoffDraw;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Stopping;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.Vectors;

/** The two rules of stopping, each against finite differences of what it differentiates, written out by hand. */
class StoppingTest {
    private static final int CALLS = 6;

    /** Attaches a call, then none, then some: drawn with this seed, as the first test asserts. */
    private static final long SEED_WITH_GAPS = seedWithGaps();

    @ParameterizedTest
    @EnumSource(Kind.class)
    void holding_the_state_is_the_chain_rule_from_the_last_detached_call_on(Kind kind) {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, SEED_WITH_GAPS)) {
            TruncatedBackPropagation estimator = perStep(Stopping.STATE);
            int first = attached(estimator, problem).previousClearBit(CALLS - 1) + 1;
            double[] expected = problem.differences((w, row) -> {
                double[] x = problem.state(first, row);
                for (int k = first; k < CALLS; k++) {
                    x = problem.step(k, x, problem.network(w, x), row);
                }
                return problem.reward(x);
            });
            assertTrue(Vectors.norm(expected) > 1e-2);
            assertArrayEquals(expected, problem.estimate(estimator).gradient(), 1e-9);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void holding_predictions_keeps_the_linear_path_through_detached_calls(Kind kind) {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, SEED_WITH_GAPS)) {
            TruncatedBackPropagation estimator = perStep(Stopping.PREDICTION);
            BitSet attached = attached(estimator, problem);
            double[] held = problem.theta();
            double[] expected = problem.differences((w, row) -> {
                double[] x = problem.state(0, row);
                for (int k = 0; k < CALLS; k++) {
                    double[] n = attached.get(k) ? problem.network(w, x) : problem.network(held, problem.state(k, row));
                    x = problem.step(k, x, n, row);
                }
                return problem.reward(x);
            });
            assertArrayEquals(expected, problem.estimate(estimator).gradient(), 1e-9);

            double[] byState = problem.estimate(perStep(Stopping.STATE)).gradient();
            double apart = Vectors.norm(Vectors.difference(expected, byState)) / Vectors.norm(expected);
            assertTrue(apart > 0.01, () -> "with gaps the rules differ, but only by " + apart);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void without_gaps_the_rules_agree(Kind kind) {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, 1)) {
            for (int steps = 1; steps <= CALLS; steps++) {
                double[] byState =
                        problem.estimate(fixed(steps, Stopping.STATE)).gradient();
                double[] byPrediction =
                        problem.estimate(fixed(steps, Stopping.PREDICTION)).gradient();
                assertArrayEquals(byState, byPrediction, 1e-14);
            }
        }
    }

    @Test
    void detached_calls_cost_nothing_in_the_sweep() {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.VELOCITY, SEED_WITH_GAPS)) {
            TruncatedBackPropagation estimator = perStep(Stopping.PREDICTION);
            int attached = attached(estimator, problem).cardinality();
            assertEquals(attached, problem.estimate(estimator).diagnostics().get("differentiated-calls"));
            assertArrayEquals(new long[] {CALLS + attached, attached}, problem.evaluations());
        }
    }

    @Test
    void drawn_per_step_call_k_of_T_is_attached_with_probability_k_plus_1_over_T() {
        int draws = 20_000;
        int[] times = new int[CALLS];
        TruncatedBackPropagation estimator = perStep(Stopping.PREDICTION);
        for (int update = 0; update < draws; update++) {
            BitSet attached = estimator.attached(NoiseStream.of(3, "test", update), CALLS);
            attached.stream().forEach(k -> times[k]++);
        }
        for (int k = 0; k < CALLS; k++) {
            double probability = (k + 1.0) / CALLS;
            double error = Math.sqrt(probability * (1 - probability) / draws);
            assertEquals(probability, times[k] / (double) draws, 4 * error + 1e-12);
        }
    }

    private static BitSet attached(TruncatedBackPropagation estimator, SurrogateProblem problem) {
        return estimator.attached(problem.chain().random("truncated-bp.cutoff"), CALLS);
    }

    private static TruncatedBackPropagation perStep(Stopping stopping) {
        return new TruncatedBackPropagation(new Configuration(Cutoff.UNIFORM, 1, 2, CutoffDraw.PER_STEP, stopping));
    }

    private static TruncatedBackPropagation fixed(int steps, Stopping stopping) {
        return new TruncatedBackPropagation(new Configuration(Cutoff.FIXED, steps, 2, CutoffDraw.PER_UPDATE, stopping));
    }

    private static long seedWithGaps() {
        TruncatedBackPropagation estimator = perStep(Stopping.STATE);
        for (long seed = 0; ; seed++) {
            BitSet attached = estimator.attached(NoiseStream.of(seed, "estimator.truncated-bp.cutoff", 0), CALLS);
            int lastDetached = attached.previousClearBit(CALLS - 1);
            if (lastDetached < CALLS - 2 && attached.previousSetBit(lastDetached) > 0) {
                return seed;
            }
        }
    }
}
