package org.plumbline.plugins.estimator.refl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.refl.RewardFeedbackLearning.Configuration;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.toolkit.reward.RewardShaping;
import org.plumbline.toolkit.settings.SettingsBinder;

/** What ReFL differentiates, written out by hand. */
class SurrogateTest {
    @Test
    void the_defaults_are_those_of_the_authors() {
        assertEquals(
                new Configuration(1, 10, RewardShaping.none()),
                SettingsBinder.of(Configuration.class).bind(Map.of(), "test"));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void it_is_the_derivative_of_the_shaped_reward_of_the_predicted_sample_with_the_state_held(Kind kind) {
        for (int t = 1; t <= 5; t++) {
            int step = t;
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, kind, 3)) {
                GradientEstimate plain = problem.estimate(
                        new RewardFeedbackLearning(new Configuration(step, step, RewardShaping.none())));
                assertArrayEquals(new long[] {6 - step + 2, 1}, problem.evaluations(), "no call after the drawn one");
                double ceiling = Arrays.stream(plain.rewards()).average().orElseThrow();

                GradientEstimate shaped = problem.estimate(
                        new RewardFeedbackLearning(new Configuration(step, step, new RewardShaping(ceiling, 0.5))));
                TimePoint at = problem.chain().program().calls().get(6 - step).at();
                double[] expectedPlain = problem.differences((w, row) -> reward(problem, at, step, w, row));
                double[] expectedShaped = problem.differences(
                        (w, row) -> -0.5 * Math.max(0, ceiling - reward(problem, at, step, w, row)));
                assertArrayEquals(expectedPlain, plain.gradient(), 1e-9);
                assertArrayEquals(expectedShaped, shaped.gradient(), 1e-9);
                for (int row = 0; row < 4; row++) {
                    assertEquals(reward(problem, at, step, problem.theta(), row), plain.rewards()[row], 1e-12);
                }
            }
        }
    }

    private static double reward(SurrogateProblem problem, TimePoint at, int step, double[] w, int row) {
        double[] u = problem.state(6 - step, row);
        return problem.reward(problem.sample(u, problem.network(w, u), at));
    }

    @Test
    void the_step_is_drawn_from_all_of_the_window() {
        Set<Double> drawn = new TreeSet<>();
        for (long seed = 0; seed < 60; seed++) {
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, Kind.EPSILON, seed)) {
                drawn.add(problem.estimate(new RewardFeedbackLearning(new Configuration(2, 4, RewardShaping.none())))
                        .diagnostics()
                        .get("step"));
            }
        }
        assertEquals(Set.of(2.0, 3.0, 4.0), drawn);
    }

    @Test
    void a_window_that_reaches_the_first_call_is_refused() {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.EPSILON, 0)) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> problem.estimate(new RewardFeedbackLearning(new Configuration(1, 6, RewardShaping.none()))));
            assertEquals(StandardError.BAD_VALUE, refusal.code());
            assertTrue(refusal.getMessage().contains("1 to 5"), refusal.getMessage());
        }
    }
}
