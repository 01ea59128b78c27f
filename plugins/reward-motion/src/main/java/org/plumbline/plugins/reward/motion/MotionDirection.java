package org.plumbline.plugins.reward.motion;

import jakarta.inject.Inject;
import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;

/**
 * Whether a video moves as its prompt says. The centre of mass of a frame is the mean place of its pixels, weighted by
 * their values limited to [0, 1] (mean over channels); the displacement is that of the last frame minus that of the first.
 * A prompt names one of left, right, up, down and still.
 *
 * <p>The prompt is followed if the displacement in the named direction is at least {@code threshold} and larger than the
 * one across it; a still one, if the displacement is shorter than the threshold. A video whose first or last frame is
 * black follows none.
 */
@Plugin(
        id = "motion-direction",
        description = "whether what a video shows moves in the direction that the prompt names",
        configuration = MotionDirection.Configuration.class)
final class MotionDirection implements BlackBoxRewardModel {
    /** What the score is. */
    enum Score {
        /** 1 if the prompt is followed, else 0. */
        FOLLOWED,
        /** Pixels in the named direction; for still, minus the distance. */
        DISPLACEMENT
    }

    /**
     * Settings.
     *
     * @param score what to return
     * @param threshold where motion begins
     */
    record Configuration(
            @Setting(
                    description = "followed (1 or 0) or displacement (pixels in the named direction)",
                    defaultValue = "followed")
            Score score,

            @Setting(description = "pixels from which on a displacement is motion", defaultValue = "1", min = 0)
            double threshold) {}

    private final Configuration configuration;

    @Inject
    MotionDirection(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public String unit() {
        return configuration.score() == Score.FOLLOWED ? "fraction" : "pixels";
    }

    @Override
    public boolean scores(long... imageShape) {
        return imageShape.length == 4 && imageShape[1] > 1;
    }

    @Override
    public double[] score(ImageBatch videos, List<String> prompts) {
        if (videos.frames() < 2) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("motion-direction was asked to score still images")
                    .available("videos of 2 frames or more")
                    .build();
        }
        double[] scores = new double[videos.rows()];
        for (int row = 0; row < scores.length; row++) {
            Direction wanted = Direction.of(prompts.get(row));
            double[] first = centre(videos, row, 0);
            double[] last = centre(videos, row, videos.frames() - 1);
            boolean seen = first.length > 0 && last.length > 0;
            double x = seen ? last[0] - first[0] : 0;
            double y = seen ? last[1] - first[1] : 0;
            double along = wanted.along(x, y);
            if (configuration.score() == Score.DISPLACEMENT) {
                scores[row] = along;
            } else {
                boolean followed = wanted == Direction.STILL
                        ? -along < configuration.threshold()
                        : along >= configuration.threshold() && along > wanted.across(x, y);
                scores[row] = seen && followed ? 1 : 0;
            }
        }
        return scores;
    }

    /** Column and row of the centre of mass; empty for a black frame. */
    private static double[] centre(ImageBatch videos, int row, int frame) {
        double mass = 0;
        double sumX = 0;
        double sumY = 0;
        for (int channel = 0; channel < videos.channels(); channel++) {
            for (int y = 0; y < videos.height(); y++) {
                for (int x = 0; x < videos.width(); x++) {
                    double value = videos.pixel(row, channel, frame, y, x);
                    mass += value;
                    sumX += value * x;
                    sumY += value * y;
                }
            }
        }
        return mass == 0 ? new double[0] : new double[] {sumX / mass, sumY / mass};
    }
}
