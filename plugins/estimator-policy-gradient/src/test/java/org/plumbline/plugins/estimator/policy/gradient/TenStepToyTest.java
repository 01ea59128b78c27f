package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Configuration;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Objective;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Reduction;
import org.plumbline.testkit.estimator.HolmCorrection;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.TenStepToy;

/** Bias and variance of the score function on the toy. */
class TenStepToyTest {
    private static final int ROWS = 256;
    private static final int SOME = 400;
    private static final int MANY = 12_000;

    @Test
    void with_a_baseline() {
        check(Baseline.LEAVE_ONE_OUT, SOME, 0.03, 45_465);
    }

    @Test
    void without_a_baseline() {
        check(Baseline.NONE, SOME, 0.04, 97_973);
    }

    @Test
    @Tag("long")
    void with_a_baseline_on_three_million_samples() {
        check(Baseline.LEAVE_ONE_OUT, MANY, 0.005, 45_465);
    }

    @Test
    @Tag("long")
    void without_a_baseline_on_three_million_samples() {
        check(Baseline.NONE, MANY, 0.006, 97_973);
    }

    private static void check(Baseline baseline, int batches, double error, double variance) {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            PolicyGradient estimator = new PolicyGradient(
                    new Configuration(Objective.SCORE_FUNCTION, baseline, Reduction.SUM, 0.2, 1, 5, 16, 16));
            Replicas replicas = TenStepToy.measure(backend, estimator, ROWS, batches, 1);
            String line = TenStepToy.report("score function, baseline " + baseline, replicas);
            assertTrue(replicas.relativeBiasError() < error, line);
            assertTrue(replicas.relativeBias() < 3 * replicas.relativeBiasError(), line);
            assertEquals(0, HolmCorrection.of(replicas.difference(), 1e-3).rejected(), line);
            assertEquals(variance, replicas.variancePerSample(), 0.2 * variance, line);
        }
    }
}
