package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.estimator.GradientEstimate;

class LengthRuleTest {
    /** The paper's costs: 8 and 0.24 GB per step, 50 steps. */
    @ParameterizedTest
    @CsvSource({"27.27, 1", "27.29, 2", "30, 2", "35.03, 2", "35.05, 3", "40, 3", "400, 24"})
    void the_papers_costs_give_the_papers_lengths(double budget, int h) {
        assertEquals(h, new LengthRule(budget, 8, 0.24, 0, 1).length(50));
    }

    @Test
    void the_second_term_does_not_bind_where_half_order_scatters_as_much() {
        assertEquals(49, new LengthRule(1000, 8, 0.24, 1, 1).length(50));
        assertEquals(49, new LengthRule(1000, 8, 0.24, Double.NaN, 1).length(50));
        assertEquals(49, new LengthRule(1000, 8, 0.24, 0.9, 1).length(50));
        assertEquals(30, new LengthRule(1000, 8, 0.24, 0.2, 1).length(50));
    }

    @Test
    void a_budget_for_less_than_one_step_does_not_fit() {
        assertFalse(new LengthRule(19.5, 8, 0.24, 0, 1).fits(50));
        assertTrue(new LengthRule(19.6, 8, 0.24, 0, 1).fits(50));
        assertFalse(new LengthRule(100, 1, 1, 0, 1).applies());
    }

    @Test
    void the_length_and_what_it_follows_from_are_reported() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            GradientEstimate estimate = toy.estimate(Rlr.of(
                    "mode",
                    "exact",
                    "h-policy",
                    "budget",
                    "budget",
                    20,
                    "ho-cost",
                    5,
                    "zo-cost",
                    1,
                    "ho-deviation",
                    0.5,
                    "zo-deviation",
                    1.5));
            Map<String, Double> found = estimate.diagnostics();
            // 5 h + (9 - h) <= 20
            assertEquals(2, found.get("h"));
            assertEquals(20, found.get("budget-mib"));
            assertEquals(5, found.get("ho-cost-mib"));
            assertEquals(1, found.get("zo-cost-mib"));
            assertEquals(0.5, found.get("ho-deviation"));
            assertEquals(1.5, found.get("zo-deviation"));
        }
    }

    @Test
    void the_window_bounds_the_length() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            assertEquals(
                    3,
                    toy.estimate(Rlr.of(
                                    "mode",
                                    "exact",
                                    "h-policy",
                                    "budget",
                                    "budget",
                                    1000,
                                    "ho-cost",
                                    5,
                                    "zo-cost",
                                    1,
                                    "ho-deviation",
                                    1,
                                    "zo-deviation",
                                    1,
                                    "start-from",
                                    8))
                            .diagnostics()
                            .get("h"));
        }
    }

    /** Costs are given here, since resident memory does not repeat; deviations come from the samples and do. */
    @Test
    void measured_deviations_are_remembered() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            Object[] settings = {
                "mode", "exact", "h-policy", "budget", "budget", 30, "ho-cost", 5, "zo-cost", 1, "directions", 4
            };
            RecursiveLikelihoodRatio first = Rlr.of(settings);
            GradientEstimate estimate = toy.estimate(first);
            double[] rule = Objects.requireNonNull(first.memory().get("length-rule"));
            assertArrayEquals(new double[] {30, 5, 1}, java.util.Arrays.copyOf(rule, 3));
            assertTrue(rule[3] > 0 && rule[4] > 0);
            assertEquals(rule[4], estimate.diagnostics().get("zo-deviation"));
            RecursiveLikelihoodRatio second = Rlr.of(settings);
            second.recall(first.memory());
            assertArrayEquals(
                    toy.estimate(first, 1).gradient(), toy.estimate(second, 1).gradient());
        }
    }

    @Test
    void costs_are_measured_on_the_first_update_for_the_next_and_where_none_shows_h_stays_as_set() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            RecursiveLikelihoodRatio estimator = Rlr.of("mode", "exact", "h", 3, "h-policy", "budget", "budget", 1e6);
            assertEquals(3, toy.estimate(estimator).diagnostics().get("h"));
            double[] rule = Objects.requireNonNull(estimator.memory().get("length-rule"));
            LengthRule measured = new LengthRule(rule[0], rule[1], rule[2], rule[3], rule[4]);
            assertTrue(rule[1] >= 0 && rule[2] >= 0);
            assertEquals(
                    measured.applies() ? measured.length(10) : 3,
                    toy.estimate(estimator, 1).diagnostics().get("h"));
        }
    }

    /** What it measures must not change what it gives. */
    @Test
    void the_update_that_is_measured_on_is_that_of_the_set_length() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            assertArrayEquals(
                    toy.estimate(Rlr.of("mode", "exact", "h", 3)).gradient(),
                    toy.estimate(Rlr.of("mode", "exact", "h", 3, "h-policy", "budget", "budget", 1e6))
                            .gradient());
        }
    }
}
