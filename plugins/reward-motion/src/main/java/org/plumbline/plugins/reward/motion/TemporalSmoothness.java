package org.plumbline.plugins.reward.motion;

import jakarta.inject.Inject;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/**
 * How evenly a video changes: with x(c, f, y, x) the value of channel c in frame f of F, 0 black and 1 white,
 *
 * <pre>
 *   smoothness = - mean over c, y, x and f = 0 .. F-3 of (x(c, f+2, y, x) - 2 x(c, f+1, y, x) + x(c, f, y, x))^2
 * </pre>
 *
 * <p>It is 0, the largest value, where every pixel changes by the same amount from each frame to the next.
 */
@Plugin(id = "temporal-smoothness", description = "minus the mean squared second difference over the frames of a video")
final class TemporalSmoothness implements DifferentiableRewardModel {
    @Inject
    TemporalSmoothness() {}

    @Override
    public String unit() {
        return "squared grey value";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        return FrameDifference.of("temporal-smoothness", 2, -1, imageShape);
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }
}
