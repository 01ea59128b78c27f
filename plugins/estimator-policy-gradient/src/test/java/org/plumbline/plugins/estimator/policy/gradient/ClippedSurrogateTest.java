package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Configuration;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Objective;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Reduction;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Advantages;

/** The clipped objective on a chain whose log-probabilities are written out here. */
class ClippedSurrogateTest {
    private static final TanhChain TOY = new TanhChain(2);
    private static final SamplerProgram PROGRAM = TOY.program(4);
    private static final int ROWS = 16;
    private static final double CLIP = 0.1;

    /** Behaviour and present parameters, one update later. */
    private static final double[] BEFORE = {0.4, -0.3, 0.6, 0.2};

    private static final double[] NOW = {0.45, -0.28, 0.57, 0.26};

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void the_gradient_of_a_later_update_is_that_of_the_clipped_surrogate(Reduction reduction) {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = open(backend);
                Rollout rollout = bench.rollout(PROGRAM, batch(), BEFORE);
                SamplingChain chain = bench.chain(rollout, NOW, 0, 1)) {
            GradientEstimate found = estimator(reduction).estimate(chain);
            Trajectory sampled = chain.behaviour();
            double[] advantages = Advantages.leaveOneOut(chain.rewards(sampled));
            double divisor = reduction == Reduction.MEAN ? 2 : 1;
            double[] expected =
                    FiniteDifferences.gradient(theta -> surrogate(sampled, advantages, divisor, theta), NOW);
            assertArrayEquals(expected, found.gradient(), 1e-8);

            // The test is about the clip only if it holds some ratios and lets others pass.
            double outside = found.diagnostics().get("clip-fraction");
            assertTrue(outside > 0.1 && outside < 0.9, () -> "fraction outside " + outside);
        }
    }

    /** (1 / B) sum over i and k of min(A rho, A clip(rho, 1 - e, 1 + e)). */
    private static double surrogate(Trajectory sampled, double[] advantages, double divisor, double[] theta) {
        double sum = 0;
        for (int k = 0; k < PROGRAM.size(); k++) {
            double[] x = sampled.state(k).toDoubles();
            double[] next = sampled.state(k + 1).toDoubles();
            for (int row = 0; row < ROWS; row++) {
                double difference = logProbability(theta, x, next, row) - logProbability(BEFORE, x, next, row);
                double ratio = Math.exp(difference / divisor);
                double clipped = Math.max(1 - CLIP, Math.min(1 + CLIP, ratio));
                sum += Math.min(advantages[row] * ratio, advantages[row] * clipped);
            }
        }
        return sum / ROWS;
    }

    /** ln N(x'; 0.8 x + 0.7 tanh(W x), 0.3^2) up to a constant. */
    private static double logProbability(double[] w, double[] x, double[] next, int row) {
        double a = x[2 * row];
        double b = x[2 * row + 1];
        double first = (next[2 * row] - 0.8 * a - 0.7 * Math.tanh(w[0] * a + w[1] * b)) / 0.3;
        double second = (next[2 * row + 1] - 0.8 * b - 0.7 * Math.tanh(w[2] * a + w[3] * b)) / 0.3;
        return -(first * first + second * second) / 2;
    }

    @Test
    void on_the_first_update_all_ratios_are_one_and_it_is_the_score_function() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = open(backend);
                Rollout rollout = bench.rollout(PROGRAM, batch(), BEFORE);
                SamplingChain chain = bench.chain(rollout, BEFORE, 0, 0)) {
            GradientEstimate clipped = estimator(Reduction.SUM).estimate(chain);
            assertEquals(0, clipped.diagnostics().get("clip-fraction"));
            assertEquals(0, clipped.diagnostics().get("approximate-kl"));
            PolicyGradient score = new PolicyGradient(new Configuration(
                    Objective.SCORE_FUNCTION, Baseline.LEAVE_ONE_OUT, Reduction.SUM, CLIP, 1, 5, 16, 16));
            assertArrayEquals(score.estimate(chain).gradient(), clipped.gradient());
        }
    }

    private static PolicyGradient estimator(Reduction reduction) {
        return new PolicyGradient(
                new Configuration(Objective.CLIP, Baseline.LEAVE_ONE_OUT, reduction, CLIP, 4, 5, 16, 16));
    }

    private static Batch batch() {
        return new Batch(Collections.nCopies(ROWS, ""), NoiseSource.keyed(3, "surrogate", 0));
    }

    private static Workbench open(ReferenceBackend backend) {
        ClosedFormModel model = ClosedFormModel.of(
                TOY,
                DiscreteNoiseSchedule.ofBetas(
                        BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64));
        return Workbench.open(
                backend,
                new ChainParts(
                        model,
                        new TrainableTarget.Full(List.of()),
                        1,
                        QuadraticReward.around(0.5, -0.25),
                        List.of(""),
                        ROWS));
    }
}
