package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.toolkit.statistics.Vectors;

/** What one estimate is made of. */
class EstimateTest {
    private final OneUpdate toy = OneUpdate.tenSteps();

    @AfterEach
    void close() {
        toy.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "paper-literal"})
    void an_estimate_is_the_sum_of_its_weighted_parts(String mode) {
        double[] fo = gradient("mode", mode, "w-ho", 0, "w-zo", 0);
        double[] ho = gradient("mode", mode, "w-fo", 0, "w-zo", 0);
        double[] zo = gradient("mode", mode, "w-fo", 0, "w-ho", 0);
        double[] expected = new double[fo.length];
        Vectors.addTo(expected, 0.5, fo);
        Vectors.addTo(expected, 2, ho);
        Vectors.addTo(expected, 0.1, zo);
        assertArrayEquals(expected, gradient("mode", mode, "w-fo", 0.5, "w-ho", 2, "w-zo", 0.1), 1e-9);
    }

    @Test
    void lengths_and_angles_of_the_parts_are_reported() {
        double[] fo = gradient("mode", "exact", "w-ho", 0, "w-zo", 0);
        double[] ho = gradient("mode", "exact", "w-fo", 0, "w-zo", 0);
        double[] zo = gradient("mode", "exact", "w-fo", 0, "w-ho", 0);
        Map<String, Double> found = toy.estimate(Rlr.of("mode", "exact")).diagnostics();
        assertEquals(
                Set.of("h", "start", "norm-fo", "norm-ho", "norm-zo", "cosine-fo-ho", "cosine-fo-zo", "cosine-ho-zo"),
                found.keySet());
        assertEquals(Vectors.norm(fo), found.get("norm-fo"), 1e-9);
        assertEquals(Vectors.norm(ho), found.get("norm-ho"), 1e-9);
        assertEquals(Vectors.norm(zo), found.get("norm-zo"), 1e-9);
        assertEquals(Vectors.cosine(fo, ho), found.get("cosine-fo-ho"), 1e-9);
        assertEquals(Vectors.cosine(fo, zo), found.get("cosine-fo-zo"), 1e-9);
        assertEquals(Vectors.cosine(ho, zo), found.get("cosine-ho-zo"), 1e-9);
    }

    /** The latent has four numbers: added to the same first-order part, the half-order part counts a quarter. */
    @ParameterizedTest
    @ValueSource(strings = {"exact", "tiled-ho", "random-tile", "paper-literal", "fo-ho"})
    void the_mean_log_probability_divides_the_half_order_part_by_the_size_of_the_latent(String mode) {
        GradientEstimate sum = toy.estimate(Rlr.of("mode", mode));
        GradientEstimate mean = toy.estimate(Rlr.of("mode", mode, "log-probability", "mean"));
        assertEquals(sum.diagnostics().get("norm-fo"), mean.diagnostics().get("norm-fo"));
        assertEquals(sum.diagnostics().get("norm-ho") / 4, mean.diagnostics().get("norm-ho"), 1e-9);
        assertTrue(Rlr.of("mode", mode).traits().contains(EstimatorTrait.UNBIASED)
                == List.of("exact", "tiled-ho", "random-tile").contains(mode));
        assertTrue(!Rlr.of("mode", mode, "log-probability", "mean").traits().contains(EstimatorTrait.UNBIASED));
    }

    @Test
    void the_batch_mean_shrinks_the_half_order_part_of_leave_one_out() {
        double[] others = gradient("mode", "tiled-ho", "w-fo", 0, "baseline", "leave-one-out");
        double[] all = gradient("mode", "tiled-ho", "w-fo", 0, "baseline", "batch-mean");
        double[] expected = new double[others.length];
        Vectors.addTo(expected, 7.0 / 8, others);
        assertArrayEquals(expected, all, 1e-9);
    }

    /** All tiles are one tile as long as the chain, and one random tile of it is all of them. */
    @Test
    void the_longest_tile_is_the_longest_sub_chain() {
        double[] tiled = gradient("mode", "tiled-ho", "h", 9);
        assertArrayEquals(tiled, gradient("mode", "exact", "h", 9), 1e-9);
        assertArrayEquals(tiled, gradient("mode", "random-tile", "h", 9), 1e-9);
        assertArrayEquals(tiled, gradient("mode", "fo-ho", "h", 9, "weighted", true), 1e-9);
    }

    /** Theta is bound anew for a perturbation and never moved there and back. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void parameters_stay_bit_for_bit(Mode mode) {
        double[] theta = toy.theta();
        double[] kept = theta.clone();
        try (Rollout rollout = toy.rollout();
                SamplingChain chain = toy.chain(rollout, theta, 0)) {
            double[] before = chain.rewards(chain.behaviour());
            Rlr.of("mode", mode.toString(), "directions", 20, "scale", 0.1).estimate(chain);
            assertArrayEquals(kept, theta);
            assertArrayEquals(kept, chain.parameters());
            try (Rollout again = toy.rollout();
                    SamplingChain after = toy.chain(again, theta, 0)) {
                assertArrayEquals(before, after.rewards(after.behaviour()));
            }
        }
    }

    @Test
    void needs_are_those_of_the_parts_in_use() {
        Set<EstimatorTrait> zerothOrder = Rlr.of("mode", "fo-zo", "w-fo", 0).traits();
        assertEquals(Set.of(EstimatorTrait.CONSTANT_MEMORY_IN_STEPS), zerothOrder);
        assertEquals(
                Set.of(
                        EstimatorTrait.CONSTANT_MEMORY_IN_STEPS,
                        EstimatorTrait.NEEDS_VJP,
                        EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER),
                Rlr.of("mode", "tiled-ho", "w-fo", 0).traits());
        assertTrue(Rlr.of("mode", "exact", "w-fo", 0, "start", "gradient-norms")
                .traits()
                .contains(EstimatorTrait.NEEDS_REWARD_GRADIENT));
    }

    @Test
    void only_what_is_unbiased_says_so() {
        assertUnbiased(true, "mode", "exact");
        assertUnbiased(true, "mode", "exact", "start-from", 3, "start-to", 5);
        assertUnbiased(true, "mode", "exact", "baseline", "per-prompt");
        assertUnbiased(false, "mode", "exact", "baseline", "standardised");
        assertUnbiased(false, "mode", "exact", "scale", 0.5);
        assertUnbiased(false, "mode", "exact", "w-zo", 0.1);
        assertUnbiased(true, "mode", "tiled-ho", "w-zo", 0.1, "scale", 0.5);
        assertUnbiased(false, "mode", "tiled-ho", "start-from", 3);
        assertUnbiased(true, "mode", "fo-zo", "log-probability", "mean");
        assertUnbiased(false, "mode", "fo-ho");
        assertUnbiased(true, "mode", "fo-ho", "weighted", true);
        assertUnbiased(false, "mode", "fo-ho", "weighted", true, "start-to", 4);
        assertUnbiased(false, "mode", "dev");
        assertUnbiased(false, "mode", "released", "weighted", true, "start-from", 2);
    }

    private static void assertUnbiased(boolean expected, Object... settings) {
        assertEquals(
                expected,
                Rlr.of(settings).traits().contains(EstimatorTrait.UNBIASED),
                () -> List.of(settings).toString());
    }

    private double[] gradient(Object... settings) {
        return toy.estimate(Rlr.of(settings)).gradient();
    }
}
