package org.plumbline.toolkit.reward;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/**
 * The objective scale * min(R, ceiling), whose negative up to a constant is the loss scale * relu(ceiling - R) of reward
 * back-propagation: a sample that is good enough pushes no more. It changes what is maximised, so that an estimator with
 * a ceiling is biased as an estimator of the gradient of E[R]. As a nested record it is the settings section of several
 * estimators.
 *
 * @param ceiling the reward above which a sample has no weight; null for none
 * @param scale weight of the objective, against other terms of the gradient such as an anchor
 */
public record RewardShaping(
        @Setting(description = "reward from which on a sample pushes no more, in units of the reward; default none")
        @Nullable
        Double ceiling,

        @Setting(
                description = "factor of the gradient, against other terms such as an anchor",
                defaultValue = "1",
                min = 0)
        double scale) {
    /** R itself. */
    public static RewardShaping none() {
        return new RewardShaping(null, 1);
    }

    /** The derivative of the objective at each reward. */
    public double[] weights(double[] rewards) {
        return Arrays.stream(rewards)
                .map(reward -> ceiling == null || reward < ceiling ? scale : 0)
                .toArray();
    }
}
