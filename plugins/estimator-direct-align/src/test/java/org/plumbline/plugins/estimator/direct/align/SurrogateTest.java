package org.plumbline.plugins.estimator.direct.align;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.direct.align.DirectAlign.Configuration;
import org.plumbline.plugins.estimator.direct.align.DirectAlign.Noise;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.toolkit.reward.RewardShaping;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * What Direct-Align differentiates, written out by hand in two steps: the model's step to the other level, then the known
 * noise taken away there.
 */
class SurrogateTest {
    private static final double FROM = 0.3;
    private static final double TO = 0.8;
    private static final double STEP = 0.3;

    @Test
    void the_defaults_are_those_of_the_authors() {
        assertEquals(
                new Configuration(
                        0.75,
                        0.96,
                        0.9,
                        Noise.INITIAL,
                        true,
                        List.of(),
                        List.of(),
                        List.of(0.1, 0.25),
                        List.of(0.3, 0.01),
                        RewardShaping.none()),
                SettingsBinder.of(Configuration.class).bind(Map.of(), "test"));
    }

    @ParameterizedTest
    @CsvSource({
        "EPSILON, INITIAL",
        "EPSILON, FRESH",
        "VELOCITY, INITIAL",
        "VELOCITY, FRESH",
        "FLOW, INITIAL",
        "FLOW, FRESH"
    })
    void it_is_the_derivative_of_the_rewards_of_both_recovered_samples(Kind kind, Noise noise) {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, 4)) {
            Hand hand = new Hand(problem, noise);
            double[] expected = problem.differences(
                    (w, row) -> (problem.reward(hand.denoised(w, row)) - problem.reward(hand.inverted(w, row))) / 2);
            assertTrue(Vectors.norm(expected) > 1e-3);
            GradientEstimate estimate = problem.estimate(estimator(noise, List.of(), List.of(), RewardShaping.none()));
            assertArrayEquals(expected, estimate.gradient(), 1e-9);
            double mean = 0;
            for (int row = 0; row < 4; row++) {
                mean += problem.reward(hand.denoised(problem.theta(), row)) / 4;
            }
            assertEquals(mean, estimate.diagnostics().get("objective-denoising"), 1e-12);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void with_control_words_it_is_that_of_the_relative_rewards_up_to_the_ceiling(Kind kind) {
        double ceiling = 0.3;
        WordReward reward = new WordReward();
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, 4, reward)) {
            Hand hand = new Hand(problem, Noise.INITIAL);
            double k = 0.1 + hand.place * (0.25 - 0.1);
            double kInversion = 0.3 + (hand.place - hand.step) * (0.01 - 0.3);
            double[] expected = problem.differences((w, row) -> {
                double[] denoised = hand.denoised(w, row);
                double[] inverted = hand.inverted(w, row);
                double raised = (1 + k) * reward.at(denoised, "Real. ") - reward.at(denoised, "Painting. ");
                double lowered = (1 + kInversion) * reward.at(inverted, "Painting. ") - reward.at(inverted, "Real. ");
                return -2 * (Math.max(0, ceiling - raised) + Math.max(0, ceiling - lowered)) / 2;
            });
            assertTrue(Vectors.norm(expected) > 1e-3);
            assertArrayEquals(
                    expected,
                    problem.estimate(estimator(
                                    Noise.INITIAL,
                                    List.of("Real", "Detailed"),
                                    List.of("Painting"),
                                    new RewardShaping(ceiling, 2)))
                            .gradient(),
                    1e-9);
        }
    }

    @Test
    void exact_noise_recovers_the_sample_exactly_at_any_level() {
        // If the model knew the noise, eps_theta = e, both branches would give back x_0.
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.EPSILON, 4)) {
            Hand hand = new Hand(problem, Noise.INITIAL);
            for (int row = 0; row < 4; row++) {
                double[] sample = problem.row(problem.chain().behaviour().output(), row);
                double[] e = hand.noise(row);
                assertArrayEquals(sample, hand.recovered(hand.place + hand.step, hand.place, row, u -> e), 1e-12);
                assertArrayEquals(sample, hand.recovered(hand.place - hand.step, hand.place, row, u -> e), 1e-12);
            }
        }
    }

    @Test
    void words_come_in_pairs() {
        assertThrows(
                IllegalArgumentException.class,
                () -> estimator(Noise.INITIAL, List.of("Real"), List.of(), RewardShaping.none()));
    }

    private static DirectAlign estimator(
            Noise noise, List<String> wanted, List<String> unwanted, RewardShaping shaping) {
        return new DirectAlign(new Configuration(
                FROM, TO, 1 - STEP, noise, true, wanted, unwanted, List.of(0.1, 0.25), List.of(0.3, 0.01), shaping));
    }

    /** The two branches without the platform's algebra. */
    private static final class Hand {
        private final SurrogateProblem problem;
        private final Noise kind;
        private final double place;
        private final double step;
        private final double[] fresh = new double[12];

        Hand(SurrogateProblem problem, Noise kind) {
            this.problem = problem;
            this.kind = kind;
            this.place = problem.chain().random("direct-align.level").nextDouble();
            this.step = Math.min(STEP, Math.min(place, 1 - place));
            var random = problem.chain().random("direct-align.noise");
            for (int i = 0; i < fresh.length; i++) {
                fresh[i] = random.nextGaussian();
            }
        }

        double[] noise(int row) {
            return kind == Noise.INITIAL
                    ? problem.state(0, row)
                    : new double[] {fresh[3 * row], fresh[3 * row + 1], fresh[3 * row + 2]};
        }

        double[] denoised(double[] w, int row) {
            TimePoint at = level(place + step);
            return recovered(place + step, place, row, u -> problem.epsilon(u, problem.network(w, u), at));
        }

        double[] inverted(double[] w, int row) {
            TimePoint at = level(place - step);
            return recovered(place - step, place, row, u -> problem.epsilon(u, problem.network(w, u), at));
        }

        double[] recovered(double from, double to, int row, UnaryOperator<double[]> epsilon) {
            TimePoint at = level(from);
            TimePoint target = level(to);
            double[] sample = problem.row(problem.chain().behaviour().output(), row);
            double[] e = noise(row);
            double[] noisy = SurrogateProblem.sum(at.alpha(), sample, at.sigma(), e);
            double[] eps = epsilon.apply(noisy);
            double[] clean = SurrogateProblem.sum(1 / at.alpha(), noisy, -at.sigma() / at.alpha(), eps);
            double[] stepped = SurrogateProblem.sum(target.alpha(), clean, target.sigma(), eps);
            return SurrogateProblem.sum(1 / target.alpha(), stepped, -target.sigma() / target.alpha(), e);
        }

        private TimePoint level(double at) {
            return TimePoint.ofTime(problem.chain().schedule(), FROM + at * (TO - FROM));
        }
    }
}
