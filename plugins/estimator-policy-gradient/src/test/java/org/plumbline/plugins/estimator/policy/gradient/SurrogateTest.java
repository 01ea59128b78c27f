package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.BEFORE;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.NOW;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.ROWS;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.toolkit.statistics.Advantages;

/** The surrogates on a chain whose log-probabilities and divergences are written out here. */
class SurrogateTest {
    private static final SamplerProgram PROGRAM = OnTheToy.TOY.program(4);
    private static final double CLIP = 0.1;

    @ParameterizedTest
    @CsvSource({
        "clip, sum, 0",
        "clip, mean, 0",
        "clip, sum, 0.7",
        "clip, mean, 0.7",
        "clamp, sum, 0",
        "clamp, mean, 0.7",
        "score-function, sum, 0",
        "score-function, mean, 0",
        "score-function, sum, 0.7"
    })
    void the_gradient_of_a_later_update_is_that_of_the_surrogate(String objective, String reduction, double kl) {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(0), BEFORE);
                SamplingChain chain = bench.chain(rollout, NOW, 0, 1)) {
            GradientEstimate found = estimator(objective, reduction, kl).estimate(chain);
            Trajectory sampled = chain.behaviour();
            double[] advantages = Advantages.leaveOneOut(chain.rewards(sampled));
            double[] pretrained = bench.initialParameters(0);
            double divisor = reduction.equals("mean") ? 2 : 1;
            double[] expected = FiniteDifferences.gradient(
                    theta -> surrogate(objective, sampled, advantages, divisor, theta)
                            - kl * divergence(sampled, pretrained, theta) / divisor,
                    NOW);
            assertArrayEquals(expected, found.gradient(), 1e-8);
            if (kl > 0) {
                double nats = divergence(sampled, pretrained, NOW) / divisor;
                assertEquals(nats, found.diagnostics().get("kl"), 1e-10);
            }
            if (!objective.equals("score-function")) {
                // The test is about the clip only if it holds some ratios and lets others pass.
                double outside = found.diagnostics().get("clip-fraction");
                assertTrue(outside > 0.1 && outside < 0.9, () -> "fraction outside " + outside);
                assertEquals(
                        approximateKl(sampled, divisor), found.diagnostics().get("approximate-kl"), 1e-10);
            }
        }
    }

    /** (1 / B) sum over i and k of the objective. */
    private static double surrogate(
            String objective, Trajectory sampled, double[] advantages, double divisor, double[] theta) {
        double sum = 0;
        for (int k = 0; k < PROGRAM.size(); k++) {
            for (int row = 0; row < ROWS; row++) {
                double logProbability = logProbability(sampled, k, row, theta) / divisor;
                double ratio = Math.exp(logProbability - logProbability(sampled, k, row, BEFORE) / divisor);
                double clipped = Math.max(1 - CLIP, Math.min(1 + CLIP, ratio));
                sum += switch (objective) {
                    case "clip" -> Math.min(advantages[row] * ratio, advantages[row] * clipped);
                    case "clamp" -> advantages[row] * clipped;
                    default -> advantages[row] * logProbability;
                };
            }
        }
        return sum / ROWS;
    }

    /** The mean of rho - 1 - ln rho. */
    private static double approximateKl(Trajectory sampled, double divisor) {
        double sum = 0;
        for (int k = 0; k < PROGRAM.size(); k++) {
            for (int row = 0; row < ROWS; row++) {
                double difference =
                        (logProbability(sampled, k, row, NOW) - logProbability(sampled, k, row, BEFORE)) / divisor;
                sum += Math.exp(difference) - 1 - difference;
            }
        }
        return sum / (ROWS * PROGRAM.size());
    }

    /** (1 / B) sum over i and k of |mu - mu'|^2 / (2 0.3^2). */
    private static double divergence(Trajectory sampled, double[] pretrained, double[] theta) {
        double sum = 0;
        for (int k = 0; k < PROGRAM.size(); k++) {
            for (int row = 0; row < ROWS; row++) {
                double[] mean = mean(sampled, k, row, theta);
                double[] other = mean(sampled, k, row, pretrained);
                sum += (Math.pow(mean[0] - other[0], 2) + Math.pow(mean[1] - other[1], 2)) / (2 * 0.09);
            }
        }
        return sum / ROWS;
    }

    /** ln N(x'; 0.8 x + 0.7 tanh(W x), 0.3^2) up to a constant. */
    private static double logProbability(Trajectory sampled, int k, int row, double[] theta) {
        double[] next = sampled.state(k + 1).toDoubles();
        double[] mean = mean(sampled, k, row, theta);
        double first = (next[2 * row] - mean[0]) / 0.3;
        double second = (next[2 * row + 1] - mean[1]) / 0.3;
        return -(first * first + second * second) / 2;
    }

    private static double[] mean(Trajectory sampled, int k, int row, double[] w) {
        double[] x = sampled.state(k).toDoubles();
        double a = x[2 * row];
        double b = x[2 * row + 1];
        return new double[] {
            0.8 * a + 0.7 * Math.tanh(w[0] * a + w[1] * b), 0.8 * b + 0.7 * Math.tanh(w[2] * a + w[3] * b)
        };
    }

    @Test
    void on_the_first_update_all_ratios_are_one_and_it_is_the_score_function() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(0), BEFORE);
                SamplingChain chain = bench.chain(rollout, BEFORE, 0, 0)) {
            GradientEstimate clipped = estimator("clip", "sum", 0).estimate(chain);
            assertEquals(0, clipped.diagnostics().get("clip-fraction"));
            assertEquals(0, clipped.diagnostics().get("approximate-kl"));
            assertEquals(0, clipped.diagnostics().get("log-probability-mismatch"), 1e-12);
            assertArrayEquals(Configured.by(Map.of()).estimate(chain).gradient(), clipped.gradient());
        }
    }

    /** Minus zero is not the same parameter, bit by bit, so that everything is computed again; and it changes nothing. */
    @Test
    void ratios_that_are_computed_again_are_one() {
        double[] behaviour = {0.4, 0.0, 0.6, 0.2};
        double[] same = {0.4, -0.0, 0.6, 0.2};
        assertFalse(Arrays.equals(behaviour, same));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(0), behaviour);
                SamplingChain fast = bench.chain(rollout, behaviour, 0, 0);
                SamplingChain again = bench.chain(rollout, same, 0, 0)) {
            long before = bench.ledger().reading().nfeForward();
            GradientEstimate onPolicy = estimator("clip", "sum", 0).estimate(fast);
            long between = bench.ledger().reading().nfeForward();
            GradientEstimate recomputed = estimator("clip", "sum", 0).estimate(again);
            long after = bench.ledger().reading().nfeForward();
            // The rollout is made once, by the first; the second pays for its ratios.
            assertEquals(PROGRAM.size() + PROGRAM.size() + 4, between - before);
            assertEquals(PROGRAM.size() + PROGRAM.size() + 4, after - between);
            for (int k = 0; k < PROGRAM.size(); k++) {
                for (double logRatio : again.score(again.behaviour(), k).logRatio()) {
                    assertEquals(1, Math.exp(logRatio), 1e-5);
                    assertEquals(0, logRatio, 1e-12);
                }
            }
            assertEquals(0, recomputed.diagnostics().get("clip-fraction"));
            assertArrayEquals(onPolicy.gradient(), recomputed.gradient(), 1e-12);
        }
    }

    /** Were training to disagree with sampling, the mismatch would be the log-ratio that should have been zero. */
    @Test
    void a_mismatch_is_the_difference_of_the_log_probabilities() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(0), BEFORE);
                SamplingChain disagreeing = bench.chain(rollout, NOW, 0, 0)) {
            double largest = 0;
            for (int k = 0; k < PROGRAM.size(); k++) {
                for (double logRatio :
                        disagreeing.score(disagreeing.behaviour(), k).logRatio()) {
                    largest = Math.max(largest, Math.abs(logRatio));
                }
            }
            GradientEstimate found = estimator("clip", "mean", 0).estimate(disagreeing);
            assertEquals(largest / 2, found.diagnostics().get("log-probability-mismatch"), 1e-10);
        }
    }

    private static PolicyGradient estimator(String objective, String reduction, double kl) {
        return Configured.by(Map.of(
                "objective", objective,
                "log-probability", reduction,
                "clip", CLIP,
                "kl", kl,
                "updates-per-rollout", 4,
                "mismatch-calls", 4));
    }
}
