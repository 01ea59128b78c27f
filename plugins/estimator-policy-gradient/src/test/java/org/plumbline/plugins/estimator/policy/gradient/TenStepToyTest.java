package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
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
        check("leave-one-out", SOME, 0.03, 45_465);
    }

    @Test
    void without_a_baseline() {
        check("none", SOME, 0.04, 97_973);
    }

    @Test
    @Tag("long")
    void with_a_baseline_on_three_million_samples() {
        check("leave-one-out", MANY, 0.005, 45_465);
    }

    @Test
    @Tag("long")
    void without_a_baseline_on_three_million_samples() {
        check("none", MANY, 0.006, 97_973);
    }

    /** The baseline of the batch is one number for all steps; a value function knows the state. */
    @Test
    void with_a_value_function() {
        check("value", SOME, 0.03, 16_000);
    }

    private static void check(String baseline, int batches, double error, double variance) {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            PolicyGradient estimator = Configured.by(Map.of("baseline", baseline));
            Replicas replicas = TenStepToy.measure(backend, estimator, ROWS, batches, 1);
            String line = TenStepToy.report("score function, baseline " + baseline, replicas);
            assertTrue(replicas.relativeBiasError() < error, line);
            assertTrue(replicas.relativeBias() < 3 * replicas.relativeBiasError(), line);
            assertEquals(0, HolmCorrection.of(replicas.difference(), 1e-3).rejected(), line);
            assertEquals(variance, replicas.variancePerSample(), 0.2 * variance, line);
        }
    }
}
