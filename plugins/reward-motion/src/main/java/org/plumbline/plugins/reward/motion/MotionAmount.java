package org.plumbline.plugins.reward.motion;

import jakarta.inject.Inject;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/**
 * How much a video moves: with x(c, f, y, x) the value of channel c in frame f of F, 0 black and 1 white,
 *
 * <pre>
 *   motion = mean over c, y, x and f = 0 .. F-2 of (x(c, f+1, y, x) - x(c, f, y, x))^2
 * </pre>
 *
 * <p>The reward is {@code sign} times it. It grows with speed and with contrast, and also with flicker, which
 * {@link TemporalSmoothness} punishes.
 */
@Plugin(
        id = "motion-amount",
        description = "mean squared difference from frame to frame of a video",
        configuration = MotionAmount.Configuration.class)
final class MotionAmount implements DifferentiableRewardModel {
    /**
     * Settings.
     *
     * @param sign 1 for more, -1 for less
     */
    record Configuration(
            @Setting(description = "1 rewards motion, -1 stillness", defaultValue = "1", min = -1, max = 1)
            int sign) {
        Configuration {
            if (sign == 0) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("reward 'motion-amount': 0 as 'sign'")
                        .available("1 or -1")
                        .build();
            }
        }
    }

    private final Configuration configuration;

    @Inject
    MotionAmount(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public String unit() {
        return "squared grey value";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        return FrameDifference.of("motion-amount", 1, configuration.sign(), imageShape);
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }
}
