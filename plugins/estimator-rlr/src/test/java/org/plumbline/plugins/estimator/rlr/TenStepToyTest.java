package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.TenStepToy;

/** The rows of RLR in the table of estimators: bias, and variance of what one sample contributes. */
class TenStepToyTest {
    /** Zeroth-order settings of the table. */
    private static final List<Object> PER_SAMPLE = List.of("scale", 0.01, "direction-per", "sample");

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
        Replicas replicas = measure(256, batches, "mode", "tiled-ho", "h", h);
        TenStepToy.assertUnbiased("RLR tiled-ho, h " + h, replicas, error);
        assertEquals(variance, replicas.variancePerSample(), 0.2 * variance);
    }

    @ParameterizedTest
    @CsvSource({"1, 47528", "2, 47349", "3, 48774"})
    void the_exact_mode_is_unbiased_and_its_variance_hardly_depends_on_the_length(int h, double variance) {
        checkExact(h, 250, 0.08, variance);
    }

    @ParameterizedTest
    @CsvSource({"1, 47528", "2, 47349", "3, 48774"})
    @Tag("long")
    void the_exact_mode_is_unbiased_on_three_hundred_thousand_samples(int h, double variance) {
        checkExact(h, 10_000, 0.012, variance);
    }

    private static void checkExact(int h, int batches, double error, double variance) {
        Replicas replicas = measurePerSample(batches, "mode", "exact", "h", h);
        TenStepToy.assertUnbiased("RLR exact, h " + h, replicas, error);
        assertEquals(variance, replicas.variancePerSample(), 0.2 * variance);
    }

    /** A longer sub-chain is not less variance: the half-order part grows, and the rest shrinks because less is left. */
    @ParameterizedTest
    @CsvSource({"1, 3854, 43268", "2, 12412, 34347", "3, 21743, 26268"})
    void parts_of_the_exact_mode(int h, double halfOrder, double zerothOrder) {
        Replicas fo = measure(256, 40, "mode", "exact", "h", h, "w-ho", 0, "w-zo", 0);
        Replicas ho = measure(32, 500, "mode", "exact", "h", h, "w-fo", 0, "w-zo", 0);
        Replicas zo = measurePerSample(200, "mode", "exact", "h", h, "w-fo", 0, "w-ho", 0);
        TenStepToy.report("RLR exact, h " + h + ", first order alone", fo);
        TenStepToy.report("RLR exact, h " + h + ", half order alone", ho);
        TenStepToy.report("RLR exact, h " + h + ", zeroth order alone", zo);
        assertEquals(35, fo.variancePerSample(), 0.2 * 35);
        assertEquals(halfOrder, ho.variancePerSample(), 0.25 * halfOrder);
        assertEquals(zerothOrder, zo.variancePerSample(), 0.25 * zerothOrder);
    }

    @Test
    void a_one_sided_difference_has_a_hundred_times_the_variance_of_an_antithetic_one() {
        Replicas oneSided = measurePerSample(100, "mode", "exact", "difference", "one-sided");
        TenStepToy.report("RLR exact, h 2, one-sided", oneSided);
        assertTrue(oneSided.variancePerSample() > 50 * 47_349);
        assertEquals(10.6e6, oneSided.variancePerSample(), 0.3 * 10.6e6);
    }

    @Test
    void the_printed_equation_counts_the_last_step_twice() {
        checkDoubleCounting(1200, 0.06, "paper-literal");
    }

    @Test
    void perturbing_all_steps_counts_the_last_one_twice() {
        checkDoubleCounting(1200, 0.06, "dev");
    }

    @ParameterizedTest
    @ValueSource(strings = {"paper-literal", "dev"})
    @Tag("long")
    void double_counting_is_a_bias_of_a_tenth_on_three_hundred_thousand_samples(String mode) {
        checkDoubleCounting(10_000, 0.02, mode);
    }

    private static void checkDoubleCounting(int batches, double tolerance, String mode) {
        Replicas replicas = measurePerSample(batches, "mode", mode);
        TenStepToy.assertBiased("RLR " + mode, replicas, 0.1, tolerance);
    }

    @Test
    void the_published_form_misses_most_of_the_gradient() {
        Replicas replicas = measure(16, 1500, released("weighted", false));
        TenStepToy.assertBiased("RLR released, sum, leave-one-out", replicas, 0.71, 0.05);
        assertTrue(replicas.cosine() > 0.97);
    }

    @Test
    void the_published_form_divided_by_the_probability_of_its_steps_is_unbiased() {
        Replicas replicas = measure(16, 6000, released("weighted", true));
        TenStepToy.assertUnbiased("RLR released, sum, leave-one-out, weighted", replicas, 0.05);
        assertTrue(replicas.variancePerSample() > 3 * 39_201);
    }

    /** Standardised advantages of the mean log-probability leave little beside the first order. */
    @Test
    void the_published_form_with_its_own_scale_is_close_to_the_last_step_alone() {
        Replicas replicas = measure(32, 500, "mode", "released", "w-fo", 0.05, "w-ho", 0.001);
        TenStepToy.assertBiased("RLR released, its own weights", replicas, 1, 0.05);
        assertEquals(0.904, replicas.cosine(), 0.03);
    }

    private static Object[] released(Object... more) {
        return with(
                List.of("mode", "released", "log-probability", "sum", "baseline", "leave-one-out", "start-from", 2),
                more);
    }

    @Test
    void a_random_tile_is_unbiased_with_a_large_variance() {
        Replicas replicas = measure(8, 8000, "mode", "random-tile", "h", 2);
        TenStepToy.assertUnbiased("RLR random-tile, h 2", replicas, 0.06);
        assertTrue(replicas.variancePerSample() > 3 * 39_201);
    }

    @Test
    void ablations() {
        TenStepToy.assertBiased("RLR fo", measure(256, 40, "mode", "fo"), 0.908, 0.02);
        TenStepToy.assertBiased("RLR fo-ho", measure(32, 1000, "mode", "fo-ho"), 0.71, 0.05);
        TenStepToy.assertUnbiased("RLR fo-ho, weighted", measure(16, 4000, "mode", "fo-ho", "weighted", true), 0.06);
        TenStepToy.assertUnbiased("RLR fo-zo", measurePerSample(500, "mode", "fo-zo"), 0.05);
    }

    private static Replicas measurePerSample(int batches, Object... settings) {
        return measure(32, batches, with(PER_SAMPLE, settings));
    }

    private static Object[] with(List<Object> settings, Object... more) {
        List<Object> all = new ArrayList<>(settings);
        all.addAll(List.of(more));
        return all.toArray();
    }

    private static Replicas measure(int rows, int batches, Object... settings) {
        try (ReferenceBackend backend = new ReferenceBackend();
                RecursiveLikelihoodRatio estimator = Rlr.of(settings)) {
            return TenStepToy.measure(backend, estimator, rows, batches, 1);
        }
    }
}
