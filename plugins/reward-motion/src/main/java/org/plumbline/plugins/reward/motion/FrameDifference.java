package org.plumbline.plugins.reward.motion;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/**
 * A factor times the mean square of the first differences, x(f+1) - x(f), or of the second ones, x(f+2) - 2 x(f+1) + x(f),
 * of every pixel over the frames of a video. Values are taken as they are, also outside [0, 1].
 *
 * @param name of the reward
 * @param order 1 or 2
 * @param factor on the mean square
 * @param shape channels, frames, height, width
 */
record FrameDifference(String name, int order, double factor, long... shape) implements GraphDefinition {
    private static final int FRAMES = 2;

    FrameDifference {
        shape = shape.clone();
    }

    /**
     * The graph for videos of a shape.
     *
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} for still images and for too few frames
     */
    static FrameDifference of(String name, int order, double factor, long[] shape) {
        if (shape.length != 4 || shape[1] <= order) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked(name + " was asked to score images of " + Arrays.toString(shape))
                    .available("videos: channels, frames, height, width, with " + (order + 1) + " frames or more")
                    .remedy("use a model of videos, such as models/digits-motion, or a reward for images")
                    .build();
        }
        return new FrameDifference(name, order, factor, shape);
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(
                DifferentiableRewardModel.IMAGE, TensorSpec.BATCH, shape[0], shape[1], shape[2], shape[3]));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T difference = Objects.requireNonNull(inputs.get(DifferentiableRewardModel.IMAGE));
        for (int i = 0; i < order; i++) {
            long frames = shape[1] - i;
            T later = ops.slice(difference, FRAMES, 1, frames);
            difference = ops.sub(later, ops.slice(difference, FRAMES, 0, frames - 1));
        }
        return ops.scale(ops.mean(ops.mul(difference, difference), false, 1, 2, 3, 4), factor);
    }
}
