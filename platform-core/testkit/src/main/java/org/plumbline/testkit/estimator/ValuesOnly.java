package org.plumbline.testkit.estimator;

import java.util.Arrays;
import java.util.List;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.toolkit.problem.QuadraticReward;

/** A quadratic reward that hides its gradient. */
record ValuesOnly(QuadraticReward reward) implements BlackBoxRewardModel {
    @Override
    public String unit() {
        return reward.unit();
    }

    @Override
    public double[] score(ImageBatch images, List<String> prompts) {
        int size = images.pixels().length / images.rows();
        double[] rewards = new double[images.rows()];
        for (int row = 0; row < rewards.length; row++) {
            rewards[row] = reward.at(Arrays.copyOfRange(images.pixels(), row * size, (row + 1) * size));
        }
        return rewards;
    }
}
