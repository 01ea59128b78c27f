package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectiveTest {
    private static final double CLIP = 0.2;

    /** PPO holds only what is too far in the direction of the advantage; DPOK holds both. */
    @ParameterizedTest
    @CsvSource({
        "2, 1.0, 2.0, 2.0, 2",
        "2, 1.1, 2.2, 2.2, 2",
        "2, 1.3, 0.0, 0.0, 2",
        "2, 0.5, 1.0, 0.0, 2",
        "-2, 1.0, -2.0, -2.0, -2",
        "-2, 0.9, -1.8, -1.8, -2",
        "-2, 0.5, 0.0, 0.0, -2",
        "-2, 1.5, -3.0, 0.0, -2",
        "0, 1.5, 0.0, 0.0, 0",
    })
    void weights_by_hand(double advantage, double ratio, double ppo, double dpok, double score) {
        assertEquals(ppo, Objective.CLIP.weight(advantage, ratio, CLIP), 1e-15);
        assertEquals(dpok, Objective.CLAMP.weight(advantage, ratio, CLIP), 1e-15);
        assertEquals(score, Objective.SCORE_FUNCTION.weight(advantage, ratio, CLIP), 1e-15);
    }
}
