package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PromptStatisticsTest {
    private static final double EPS = 1e-6;

    @Test
    void prompts_with_enough_rewards_are_standardised_by_their_own() {
        PromptStatistics statistics = new PromptStatistics(4, 2, 5);
        double[] advantages = statistics.advantages(List.of("a", "a", "b"), new double[] {1, 3, 10}, true);
        // a: mean 2, deviation 1. b has one reward only: the batch has mean 14/3 and deviation sqrt(134/9).
        assertEquals(-1 / (1 + EPS), advantages[0], 1e-12);
        assertEquals(1 / (1 + EPS), advantages[1], 1e-12);
        assertEquals((10 - 14.0 / 3) / (Math.sqrt(134.0 / 9) + EPS), advantages[2], 1e-12);
    }

    @Test
    void the_oldest_reward_is_forgotten_first() {
        PromptStatistics statistics = new PromptStatistics(2, 2, 5);
        statistics.advantages(List.of("a", "a", "a"), new double[] {100, 1, 3}, true);
        assertArrayEquals(new double[] {1, 3}, statistics.memory().get("a"));
        assertEquals(1 / (1 + EPS), statistics.advantages(List.of("a"), new double[] {3}, false)[0], 1e-12);
        assertArrayEquals(new double[] {1, 3}, statistics.memory().get("a"));
    }

    @Test
    void advantages_are_bounded() {
        PromptStatistics statistics = new PromptStatistics(8, 2, 0.5);
        assertArrayEquals(
                new double[] {-0.5, 0.5}, statistics.advantages(List.of("a", "a"), new double[] {1, 3}, true));
    }

    @Test
    void equal_rewards_have_no_advantage() {
        PromptStatistics statistics = new PromptStatistics(8, 2, 5);
        assertArrayEquals(new double[2], statistics.advantages(List.of("a", "a"), new double[] {7, 7}, true));
    }
}
