package org.plumbline.it.conformance;

import java.util.List;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;

/** A reward that says nothing of its gradient. */
final class SumOfSquares implements BlackBoxRewardModel {
    @Override
    public String unit() {
        return "none";
    }

    @Override
    public double[] score(ImageBatch images, List<String> prompts) {
        int size = images.pixels().length / images.rows();
        double[] scores = new double[images.rows()];
        for (int i = 0; i < images.pixels().length; i++) {
            scores[i / size] -= images.pixels()[i] * images.pixels()[i];
        }
        return scores;
    }
}
