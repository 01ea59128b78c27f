package org.plumbline.spi.reward;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A reward known only by its values. */
@ConsumerType
public non-sealed interface BlackBoxRewardModel extends RewardModel {
    /**
     * Scores images.
     *
     * @param images the images
     * @param prompts one per image
     * @return one reward per image
     */
    double[] score(ImageBatch images, List<String> prompts);

    /**
     * Why it has no gradient, where that is not in its nature: what a user reads who asks for one. The end of a sentence
     * that begins with "this reward is a black box: "; empty if there is nothing to say.
     */
    default String whyNoGradient() {
        return "";
    }
}
