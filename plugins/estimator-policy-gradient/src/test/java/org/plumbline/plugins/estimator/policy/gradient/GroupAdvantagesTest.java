package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Spread;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class GroupAdvantagesTest {
    private static final List<String> PROMPTS = List.of("a", "b", "a", "b");

    /** Group a: mean 2, deviation 1. Group b: mean 20, deviation 10. */
    private static final double[] REWARDS = {1, 10, 3, 30};

    @Test
    void each_group_has_its_own_mean_and_deviation() {
        double[] found = new GroupAdvantages(Spread.GROUP, 5).advantages(PROMPTS, REWARDS);
        double a = 1 / (1 + 1e-4);
        double b = 10 / (10 + 1e-4);
        assertArrayEquals(new double[] {-a, -b, a, b}, found, 1e-15);
    }

    @Test
    void or_all_share_the_deviation_of_the_batch() {
        double[] found = new GroupAdvantages(Spread.BATCH, 5).advantages(PROMPTS, REWARDS);
        // Mean 11, squares 100 + 1 + 64 + 361.
        double deviation = Math.sqrt(526 / 4.0) + 1e-4;
        assertArrayEquals(new double[] {-1 / deviation, -10 / deviation, 1 / deviation, 10 / deviation}, found, 1e-15);
    }

    @Test
    void advantages_are_bounded() {
        double[] found = new GroupAdvantages(Spread.GROUP, 0.5).advantages(PROMPTS, REWARDS);
        assertArrayEquals(new double[] {-0.5, -0.5, 0.5, 0.5}, found);
    }

    @Test
    void equal_rewards_have_no_advantage() {
        assertArrayEquals(
                new double[4], new GroupAdvantages(Spread.GROUP, 5).advantages(PROMPTS, new double[] {7, 7, 7, 7}));
    }

    @Test
    void groups_of_one_are_refused() {
        assertDoesNotThrow(() -> GroupAdvantages.check(PROMPTS));
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> GroupAdvantages.check(List.of("a", "a", "lonely")));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        assertTrue(refusal.getMessage().contains("lonely"), refusal.getMessage());
    }
}
