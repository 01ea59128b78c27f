package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Baseline;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Configuration;
import org.plumbline.plugins.estimator.rlr.RecursiveLikelihoodRatio.Mode;
import org.plumbline.testkit.estimator.HolmCorrection;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.TenStepToy;

/**
 * Bias and variance of RLR on the toy. The variance of the exact mode is that of its zeroth-order part, which has one
 * direction for the whole batch: about |g|^2 (P + 1) / q = 42^2 * 17 / 8 with eight directions, whatever the batch.
 */
class TenStepToyTest {
    private static final int DIRECTIONS = 8;

    @ParameterizedTest
    @CsvSource({"1, 39201", "2, 56631", "3, 69810"})
    void tiles_are_unbiased_and_their_variance_grows_with_their_length(int h, double variance) {
        checkTiled(h, 200, 0.04, variance);
    }

    @ParameterizedTest
    @CsvSource({"1, 39201", "2, 56631", "3, 69810"})
    @Tag("long")
    void tiles_are_unbiased_on_three_million_samples(int h, double variance) {
        checkTiled(h, 12_000, 0.007, variance);
    }

    private static void checkTiled(int h, int batches, double error, double variance) {
        Replicas replicas = unbiased(
                new Configuration(Mode.TILED_HO, h, Baseline.LEAVE_ONE_OUT, 1, 1e-3, null, null), 256, batches, error);
        assertEquals(variance, replicas.variancePerSample(), 0.2 * variance);
    }

    @Test
    void the_exact_mode_is_unbiased() {
        checkExact(2, 500, 0.08);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @Tag("long")
    void the_exact_mode_is_unbiased_with_every_length(int h) {
        checkExact(h, 30_000, 0.02);
    }

    private static void checkExact(int h, int batches, double error) {
        int rows = 32;
        Replicas replicas = unbiased(
                new Configuration(Mode.EXACT, h, Baseline.LEAVE_ONE_OUT, DIRECTIONS, 0.01, null, null),
                rows,
                batches,
                error);
        double ofDirections = 41.6 * 41.6 * 17 / DIRECTIONS;
        double found = replicas.variancePerSample() / rows;
        assertTrue(found > 0.3 * ofDirections && found < 3 * ofDirections, () -> "variance of an estimate " + found);
    }

    private static Replicas unbiased(Configuration configuration, int rows, int batches, double error) {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            Replicas replicas =
                    TenStepToy.measure(backend, new RecursiveLikelihoodRatio(configuration), rows, batches, 1);
            String line = TenStepToy.report(configuration.mode() + " h " + configuration.h(), replicas);
            assertTrue(replicas.relativeBiasError() < error, line);
            assertTrue(replicas.relativeBias() < 3 * replicas.relativeBiasError(), line);
            assertEquals(0, HolmCorrection.of(replicas.difference(), 1e-3).rejected(), line);
            return replicas;
        }
    }
}
