package org.plumbline.plugins.estimator.spsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.spsa.SimultaneousPerturbation.Configuration;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.TenStepToy;
import org.plumbline.toolkit.perturbation.RandomDirections;
import org.plumbline.toolkit.perturbation.RandomDirections.Law;
import org.plumbline.toolkit.perturbation.ZerothOrder.Difference;
import org.plumbline.toolkit.perturbation.ZerothOrder.Sharing;
import org.plumbline.toolkit.statistics.Vectors;

/** The rows of SPSA in the table of estimators, and the laws of its bias and variance. */
class TenStepToyTest {
    /** E |g|^2 of one sample: the square of the mean gradient's length plus the variance of the exact adjoint. */
    private static final double SQUARED_GRADIENT = 41.6 * 41.6 + 1904;

    /** (P + 1) |g|^2, (P - 1) |g|^2 and ((4 + 2) (4 + 2) - 1) |g|^2, and what the mean itself does not scatter. */
    @ParameterizedTest
    @CsvSource({"GAUSSIAN, 18", "RADEMACHER, 16", "LOW_RANK, 36"})
    void directions_of_samples_are_unbiased_and_scatter_with_their_fourth_moments(Law law, double factor) {
        check(law, factor, 600, 0.07);
    }

    @ParameterizedTest
    @CsvSource({"GAUSSIAN, 18", "RADEMACHER, 16", "LOW_RANK, 36"})
    @Tag("long")
    void directions_of_samples_are_unbiased_on_three_hundred_thousand_samples(Law law, double factor) {
        check(law, factor, 10_000, 0.018);
    }

    private static void check(Law law, double factor, int batches, double error) {
        Replicas replicas = measure(32, batches, configuration(1, 0.01, Difference.ANTITHETIC, Sharing.SAMPLE, law));
        TenStepToy.assertUnbiased("SPSA, " + law, replicas, error);
        double variance = factor * SQUARED_GRADIENT - 41.6 * 41.6;
        assertEquals(variance, replicas.variancePerSample(), 0.2 * variance);
    }

    @Test
    void a_direction_of_the_batch_is_not_averaged_by_the_batch() {
        double small = measure(8, 1500, configuration(1, 0.01, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN))
                .estimate()
                .totalVariance();
        double large = measure(64, 1500, configuration(1, 0.01, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN))
                .estimate()
                .totalVariance();
        assertTrue(large > 0.7 * small, large + " of 64 rows, " + small + " of 8");
        double floor = 17 * 41.6 * 41.6;
        assertEquals(floor, large, 0.25 * floor);
    }

    @Test
    void a_one_sided_difference_of_samples_has_a_hundred_times_the_variance() {
        Replicas oneSided =
                measure(32, 100, configuration(1, 0.01, Difference.ONE_SIDED, Sharing.SAMPLE, Law.GAUSSIAN));
        TenStepToy.report("SPSA, one-sided", oneSided);
        assertTrue(oneSided.variancePerSample() > 50 * 63_266);
    }

    /** On the same samples and along the same direction, halving s quarters the deviation from the exact slope. */
    @Test
    void the_bias_is_of_second_order_in_the_step() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 64);
                Rollout rollout =
                        bench.rollout(TenStepToy.program(), TenStepToy.batch(64, 1, 0), TenStepToy.weights())) {
            double[] errors = new double[3];
            for (int i = 0; i < errors.length; i++) {
                try (SamplingChain chain = bench.chain(rollout, TenStepToy.weights(), 1, 0)) {
                    double[] g = chain.sweep(
                            chain.behaviour(), SweepPlan.of(chain.program()).fromReward(64));
                    double[] u = new RandomDirections(Law.GAUSSIAN, 1)
                            .draw(
                                    chain.random("spsa.direction.0"),
                                    chain.profile().layout());
                    double[] exact = new double[u.length];
                    Vectors.addTo(exact, Vectors.dot(g, u), u);
                    double s = 0.02 / (1 << i);
                    double[] found = new SimultaneousPerturbation(
                                    configuration(1, s, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN))
                            .estimate(chain)
                            .gradient();
                    errors[i] = Vectors.norm(Vectors.difference(found, exact)) / Vectors.norm(exact);
                }
            }
            assertTrue(errors[0] < 0.05, "relative error " + errors[0]);
            assertEquals(4, errors[0] / errors[1], 0.2);
            assertEquals(4, errors[1] / errors[2], 0.1);
        }
    }

    @Test
    void perturbation_leaves_the_parameters_bit_for_bit() {
        double[] theta = TenStepToy.weights();
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 8);
                Rollout rollout = bench.rollout(TenStepToy.program(), TenStepToy.batch(8, 1, 0), theta);
                SamplingChain chain = bench.chain(rollout, theta, 1, 0)) {
            new SimultaneousPerturbation(configuration(50, 0.3, Difference.ANTITHETIC, Sharing.BATCH, Law.GAUSSIAN))
                    .estimate(chain);
            assertArrayEquals(TenStepToy.weights(), theta);
            assertArrayEquals(TenStepToy.weights(), chain.parameters());
            try (Rollout again = bench.rollout(TenStepToy.program(), TenStepToy.batch(8, 1, 0), theta);
                    SamplingChain after = bench.chain(again, theta, 1, 0)) {
                assertArrayEquals(chain.rewards(chain.behaviour()), after.rewards(after.behaviour()));
            }
        }
    }

    private static Configuration configuration(
            int directions, double scale, Difference difference, Sharing sharing, Law law) {
        return new Configuration(directions, scale, difference, sharing, law, 1);
    }

    private static Replicas measure(int rows, int batches, Configuration configuration) {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            return TenStepToy.measure(backend, new SimultaneousPerturbation(configuration), rows, batches, 1);
        }
    }
}
