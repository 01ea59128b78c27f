package org.plumbline.spi.reward;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;

/** A reward that is a network. */
@ConsumerType
public non-sealed interface DifferentiableRewardModel extends RewardModel {
    /** The graph input that takes the images. */
    String IMAGE = "image";

    /**
     * {@link #IMAGE} [batch, channels, height, width], or [batch, channels, frames, height, width] of videos, and the
     * {@linkplain #inputs further inputs} to rewards [batch]. Black is 0, white is 1; images may exceed both.
     *
     * @param imageShape channels, height, width of the images that will come; channels, frames, height, width of videos
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} if it cannot score images of this shape
     */
    GraphDefinition graph(long[] imageShape);

    /** The weights of the graph. */
    WeightSource weights();

    /**
     * The values of the graph's inputs other than the image, by name, row-major, one row per prompt.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if a prompt cannot be scored
     */
    default Map<String, double[]> inputs(List<String> prompts) {
        return Map.of();
    }
}
