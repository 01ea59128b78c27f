package org.plumbline.spi.reward;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A reward known only by its values. */
@ConsumerType
public non-sealed interface BlackBoxRewardModel extends RewardModel {
    /**
     * Whether it can score images of a shape; what it cannot is refused before a run. Unless a reward says otherwise it
     * scores still images of any size and no videos.
     *
     * @param imageShape channels, height, width of images; channels, frames, height, width of videos
     */
    default boolean scores(long... imageShape) {
        return imageShape.length == 3;
    }

    /**
     * Scores images or videos.
     *
     * @param images of a shape that it {@linkplain #scores said} it can score
     * @param prompts one per image or video
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
