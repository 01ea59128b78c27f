package org.plumbline.plugins.estimator.drtune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.drtune.DeepRewardTuning.Configuration;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.reward.RewardShaping;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.plumbline.toolkit.statistics.Vectors;

/** What DRTune differentiates, written out by hand. */
class SurrogateTest {
    private static final int CALLS = 6;

    @Test
    void the_defaults_are_those_of_the_authors() {
        assertEquals(
                new Configuration(3, 0.4, RewardShaping.none()),
                SettingsBinder.of(Configuration.class).bind(Map.of(), "test"));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void it_is_the_derivative_along_the_linear_path_with_the_inputs_held(Kind kind) {
        Set<Integer> stops = new TreeSet<>();
        for (long seed = 0; seed < 12; seed++) {
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, kind, seed)) {
                DeepRewardTuning estimator = new DeepRewardTuning(new Configuration(2, 0.5, RewardShaping.none()));
                GradientEstimate estimate = problem.estimate(estimator);
                int stop = CALLS - estimate.diagnostics().get("stop").intValue();
                stops.add(stop);
                assertArrayEquals(
                        new long[] {stop + 1 + 2, 2},
                        problem.evaluations(),
                        "untrained calls cost nothing in the sweep");

                var random = problem.chain().random("drtune.steps");
                assertEquals(CALLS - random.nextInt(1, 4), stop);
                BitSet trained = estimator.trained(random, stop + 1);
                TimePoint at = problem.chain().program().calls().get(stop).at();
                double[] held = problem.theta();
                double[] expected = problem.differences((w, row) -> {
                    double[] x = problem.state(0, row);
                    for (int k = 0; k < stop; k++) {
                        double[] n = problem.network(trained.get(k) ? w : held, problem.state(k, row));
                        x = problem.step(k, x, n, row);
                    }
                    double[] n = problem.network(trained.get(stop) ? w : held, problem.state(stop, row));
                    return problem.reward(problem.sample(x, n, at));
                });
                assertTrue(Vectors.norm(expected) > 1e-3);
                assertArrayEquals(expected, estimate.gradient(), 1e-9);
            }
        }
        assertEquals(Set.of(3, 4, 5), stops);
    }

    @Test
    void the_trained_calls_are_equally_spaced_and_reach_every_call() {
        DeepRewardTuning estimator = new DeepRewardTuning(new Configuration(3, 0, RewardShaping.none()));
        BitSet ever = new BitSet();
        for (int draw = 0; draw < 200; draw++) {
            BitSet trained = estimator.trained(NoiseStream.of(1, "test", draw), 10);
            int[] calls = trained.stream().toArray();
            assertEquals(3, calls.length);
            assertEquals(3, calls[1] - calls[0]);
            assertEquals(3, calls[2] - calls[1]);
            ever.or(trained);
        }
        assertEquals(10, ever.cardinality());
    }
}
