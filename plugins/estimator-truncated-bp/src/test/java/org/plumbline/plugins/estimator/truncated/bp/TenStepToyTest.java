package org.plumbline.plugins.estimator.truncated.bp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Configuration;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Cutoff;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.CutoffDraw;
import org.plumbline.plugins.estimator.truncated.bp.TruncatedBackPropagation.Stopping;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.testkit.estimator.MeanReward;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.TenStepToy;

/** Bias and variance of truncation, on 51,200 samples of the toy. */
class TenStepToyTest {
    private static final int ROWS = 256;
    private static final int BATCHES = 200;
    private static final long SEED = 1;

    @Test
    void full_back_propagation_is_the_truth_itself() {
        Replicas replicas = measure(Cutoff.FULL, 1);
        assertEquals(0, replicas.relativeBias());
        assertEquals(1904, replicas.variancePerSample(), 0.2 * 1904);
    }

    @Test
    void the_last_step_alone_misses_nine_tenths() {
        Replicas replicas = measure(Cutoff.FIXED, 1);
        assertEquals(0.908, replicas.relativeBias(), 0.01);
        assertEquals(0.904, replicas.cosine(), 0.01);
        assertEquals(35, replicas.variancePerSample(), 0.2 * 35);
    }

    @Test
    void the_last_three_steps_miss_seven_tenths() {
        Replicas replicas = measure(Cutoff.FIXED, 3);
        assertEquals(0.70, replicas.relativeBias(), 0.01);
        assertEquals(0.964, replicas.cosine(), 0.01);
        assertEquals(236, replicas.variancePerSample(), 0.2 * 236);
    }

    @Test
    void a_random_cutoff_is_biased_less_than_a_short_one() {
        Replicas uniform = measure(Cutoff.UNIFORM, 1);
        assertTrue(uniform.relativeBias() > 0.2 && uniform.relativeBias() < 0.6);
    }

    private static Replicas measure(Cutoff cutoff, int steps) {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            GradientEstimator estimator = new TruncatedBackPropagation(
                    new Configuration(cutoff, steps, 2, CutoffDraw.PER_UPDATE, Stopping.STATE));
            Replicas replicas = TenStepToy.measure(backend, estimator, ROWS, BATCHES, SEED);
            TenStepToy.report(cutoff + " " + steps, replicas);
            return replicas;
        }
    }

    @Test
    void full_back_propagation_is_the_derivative_of_the_mean_reward() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, ROWS)) {
            double[] theta = TenStepToy.weights();
            Batch batch = TenStepToy.batch(ROWS, SEED, 0);
            double[] expected = FiniteDifferences.gradient(new MeanReward(bench, TenStepToy.program(), batch), theta);
            try (Rollout rollout = bench.rollout(TenStepToy.program(), batch, theta);
                    SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
                GradientEstimator full = new TruncatedBackPropagation(
                        new Configuration(Cutoff.FULL, 1, 2, CutoffDraw.PER_UPDATE, Stopping.STATE));
                // The gradient's length is about 42.
                assertArrayEquals(expected, full.estimate(chain).gradient(), 1e-8);
            }
        }
    }
}
