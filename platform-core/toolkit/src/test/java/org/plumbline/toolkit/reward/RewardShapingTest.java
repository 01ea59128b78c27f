package org.plumbline.toolkit.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.plumbline.toolkit.settings.SettingsBinder;

class RewardShapingTest {
    @Test
    void weights_are_the_slope_of_the_objective() {
        RewardShaping shaping = new RewardShaping(2.0, 0.5);
        double[] rewards = {-3, 1.9, 2.1, 7};
        double[] slopes = new double[rewards.length];
        for (int i = 0; i < slopes.length; i++) {
            double h = 1e-3;
            slopes[i] = -0.5 * (Math.max(0, 2 - rewards[i] - h) - Math.max(0, 2 - rewards[i] + h)) / (2 * h);
        }
        assertArrayEquals(slopes, shaping.weights(rewards), 1e-12);
        assertArrayEquals(new double[] {1, 1, 1, 1}, RewardShaping.none().weights(rewards));
    }

    @Test
    void without_settings_it_changes_nothing() {
        assertEquals(
                RewardShaping.none(), SettingsBinder.of(RewardShaping.class).bind(Map.of(), "test"));
    }
}
