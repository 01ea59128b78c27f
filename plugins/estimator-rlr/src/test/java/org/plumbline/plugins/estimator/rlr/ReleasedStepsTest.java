package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.toolkit.statistics.Advantages;

class ReleasedStepsTest {
    /** Theta has moved since the rollout, so ratios differ from 1 and some are clipped. */
    @ParameterizedTest
    @CsvSource({"SUM, 1, 0.5", "SUM, 1, 1000", "MEAN, 4, 0.1"})
    void the_gradient_is_the_derivative_of_the_clipped_surrogate(String reduction, double divisor, double clip) {
        try (OneUpdate toy = OneUpdate.tenSteps();
                Rollout rollout = toy.rollout()) {
            double[] moved = toy.theta();
            for (int i = 0; i < moved.length; i++) {
                moved[i] += 0.1 * Math.sin(i);
            }
            Configuration configuration = Rlr.configuration(
                    "mode", "released", "log-probability", reduction.toLowerCase(java.util.Locale.ROOT), "clip", clip);
            ReleasedSteps steps = new ReleasedSteps(configuration, new HalfOrder(configuration));
            List<Integer> drawn = List.of(2, 3, 7, 3);
            try (SamplingChain chain = toy.chain(rollout, moved, 0)) {
                double[] rewards = chain.rewards(chain.behaviour());
                double[] advantages = Advantages.standardised(rewards);
                double[] expected = FiniteDifferences.gradient(
                        theta -> surrogate(toy, rollout, theta, drawn, advantages, divisor, clip), moved);
                ReleasedSteps.Surrogate found = steps.surrogate(chain, chain.behaviour(), rewards, drawn, 1);
                assertArrayEquals(expected, chain.sweep(chain.behaviour(), found.plan()), 1e-7);
                assertEquals(clip == 1000, found.clipped() == 0);
            }
        }
    }

    private static double surrogate(
            OneUpdate toy,
            Rollout rollout,
            double[] theta,
            List<Integer> drawn,
            double[] advantages,
            double divisor,
            double clip) {
        double sum = 0;
        try (SamplingChain chain = toy.chain(rollout, theta, 0)) {
            for (int step : drawn) {
                double[] logRatio = chain.score(chain.behaviour(), 10 - step).logRatio();
                for (int row = 0; row < advantages.length; row++) {
                    double ratio = Math.exp(logRatio[row] / divisor);
                    double bounded = Math.max(1 - clip, Math.min(ratio, 1 + clip));
                    sum += Math.min(advantages[row] * ratio, advantages[row] * bounded) / advantages.length;
                }
            }
        }
        return sum;
    }

    @Test
    void separate_updates_are_the_first_order_part_and_then_single_steps() {
        RecursiveLikelihoodRatio estimator = Rlr.of(
                "mode", "released", "separate-updates", true, "log-probability", "sum", "chain-len", 2, "clip", 0.5);
        assertEquals(3, estimator.updatesPerRollout());
        try (OneUpdate toy = OneUpdate.tenSteps();
                Rollout rollout = toy.rollout()) {
            double[] theta = toy.theta();
            for (int update = 0; update < 6; update++) {
                try (SamplingChain chain = toy.chain(rollout, theta, update)) {
                    GradientEstimate estimate = estimator.estimate(chain);
                    assertEquals(update % 3 == 0, estimate.diagnostics().containsKey("norm-fo"));
                    assertEquals(update % 3 != 0, estimate.diagnostics().containsKey("norm-ho"));
                    if (update % 3 == 0) {
                        assertArrayEquals(toy.estimate(Rlr.of("mode", "fo")).gradient(), estimate.gradient(), 1e-12);
                    }
                }
            }
        }
    }

    /** With the parameters of the rollout every ratio is 1: nothing is clipped, whatever the range. */
    @Test
    void in_one_update_per_rollout_nothing_is_clipped() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            GradientEstimate narrow = toy.estimate(Rlr.of("mode", "released", "clip", 1e-9));
            GradientEstimate wide = toy.estimate(Rlr.of("mode", "released", "clip", 1e9));
            assertArrayEquals(wide.gradient(), narrow.gradient());
            assertEquals(0, narrow.diagnostics().get("clip-fraction"));
            assertTrue(narrow.diagnostics().get("norm-ho") > 0);
        }
    }
}
