package org.plumbline.toolkit.statistics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdvantagesTest {
    private static final double[] REWARDS = {1, 2, 6, 4};

    @Test
    void leave_one_out_subtracts_the_mean_of_the_others() {
        assertArrayEquals(new double[] {-3, -5 / 3.0, 11 / 3.0, 1}, Advantages.leaveOneOut(REWARDS), 1e-15);
        assertThrows(IllegalArgumentException.class, () -> Advantages.leaveOneOut(new double[] {1}));
    }

    @Test
    void per_prompt_subtracts_the_mean_of_the_others_of_the_prompt() {
        List<String> prompts = List.of("cat", "dog", "cat", "dog");
        assertArrayEquals(new double[] {-5, -2, 5, 2}, Advantages.leaveOneOutPerPrompt(prompts, REWARDS), 1e-15);
        assertThrows(
                IllegalArgumentException.class,
                () -> Advantages.leaveOneOutPerPrompt(List.of("cat", "dog", "cat", "cat"), REWARDS));
    }

    @Test
    void standardised_has_deviation_one() {
        double deviation = Math.sqrt((2.25 * 2.25 + 1.25 * 1.25 + 2.75 * 2.75 + 0.75 * 0.75) / 3);
        assertArrayEquals(
                new double[] {-2.25 / deviation, -1.25 / deviation, 2.75 / deviation, 0.75 / deviation},
                Advantages.standardised(REWARDS),
                1e-7);
        assertArrayEquals(new double[3], Advantages.standardised(new double[] {2, 2, 2}));
    }
}
