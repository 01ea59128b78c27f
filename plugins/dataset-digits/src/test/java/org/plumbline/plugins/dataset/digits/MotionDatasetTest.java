package org.plumbline.plugins.dataset.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.dataset.digits.Motion.Direction;
import org.plumbline.spi.data.CaptionedDataset.Example;
import org.plumbline.spi.data.CaptionedDataset.Split;

/** On the real, shipped data. */
class MotionDatasetTest {
    private static final Path DATA = Path.of("../../distribution/app/src/main/plumbline/data/mnist");
    private static final MotionDataset CLIPS = new MotionDataset(DATA);
    private static final int FRAME = MovingDigit.SIDE * MovingDigit.SIDE;

    @Test
    void clips_are_eight_frames_of_16x16_in_the_splits_of_the_still_digits() {
        assertArrayEquals(new long[] {1, 8, 16, 16}, CLIPS.imageShape());
        DigitsDataset still = new DigitsDataset(DATA);
        for (Split split : Split.values()) {
            assertEquals(still.size(split), CLIPS.size(split));
            for (int i = 0; i < 100; i++) {
                assertEquals(
                        still.example(split, i, new SplittableRandom(1)).label(),
                        CLIPS.example(split, i, new SplittableRandom(1)).label());
            }
        }
    }

    @Test
    void the_centre_of_ink_moves_as_far_as_the_motion_says() {
        MovingDigit drawing = new MovingDigit(DigitFiles.read(DATA));
        for (Direction direction : Direction.values()) {
            // So slow that no ink leaves the clip.
            double speed = direction == Direction.NOWHERE ? 0 : 0.2;
            Motion motion = new Motion(direction, false, 0.3, -0.2, speed);
            double[] from = motion.centre(0);
            double[] to = motion.centre(7);
            double[] mean = new double[2];
            for (int image = 0; image < 50; image++) {
                float[] clip = drawing.clip(image, motion);
                for (int axis = 0; axis < 2; axis++) {
                    double moved = centre(clip, 7)[axis] - centre(clip, 0)[axis];
                    // A pixel of the original is half a pixel wide here and lies anywhere in one, a quarter away from
                    // its middle at most. In most digits these errors cancel; in a thin upright stroke they need not.
                    assertEquals(to[axis] - from[axis], moved, 0.25, direction + " of " + image);
                    mean[axis] += moved / 50;
                }
            }
            assertEquals(to[0] - from[0], mean[0], 0.02, direction + " on average");
            assertEquals(to[1] - from[1], mean[1], 0.02, direction + " on average");
        }
    }

    @Test
    void a_digit_that_stands_still_is_the_same_in_all_frames() {
        float[] clip = new MovingDigit(DigitFiles.read(DATA)).clip(3, new Motion(Direction.NOWHERE, true, 1, -1.5, 0));
        for (int i = FRAME; i < clip.length; i++) {
            assertEquals(clip[i % FRAME], clip[i]);
        }
    }

    @Test
    void captions_say_what_is_true_and_leave_out_parts() {
        SplittableRandom random = new SplittableRandom(11);
        Map<String, Integer> counts = new TreeMap<>();
        int draws = 20_000;
        for (int i = 0; i < draws; i++) {
            Motion motion = Motion.draw(random);
            String caption = motion.caption(8, random);
            assertTrue(caption.startsWith("an eight") || caption.startsWith("a digit"), caption);
            String moving = caption.replaceFirst("an eight|a digit", "").trim();
            counts.merge(caption.contains("digit") ? "no digit" : "digit", 1, Integer::sum);
            counts.merge(moving.isEmpty() ? "no motion" : "motion", 1, Integer::sum);
            if (moving.isEmpty()) {
                continue;
            }
            boolean still = motion.direction() == Direction.NOWHERE;
            assertEquals(still, moving.equals("standing still"), caption);
            assertEquals(still, motion.speed() == 0, caption);
            if (!still) {
                assertTrue(moving.endsWith(motion.direction().name().toLowerCase(java.util.Locale.ROOT)), caption);
                boolean slow = moving.contains(Motion.SLOWLY);
                boolean quick = moving.contains(Motion.QUICKLY);
                counts.merge(slow || quick ? "speed" : "no speed", 1, Integer::sum);
                assertTrue(!slow || motion.speed() <= 0.3, caption);
                assertTrue(!quick || motion.speed() >= 0.4, caption);
            }
        }
        share(0.1, counts.get("no digit"), draws);
        share(0.1, counts.get("no motion"), draws);
        share(0.5, counts.get("speed"), counts.get("speed") + counts.get("no speed"));
    }

    @Test
    void every_presentation_is_another_motion() {
        TreeSet<String> motions = new TreeSet<>();
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 200; i++) {
            Example example = CLIPS.example(Split.TEST, 4, random);
            motions.add(example.caption().replaceFirst("an? \\w+", "").trim());
        }
        // Nothing, standing still, and four directions with no word for the speed or one of two.
        assertEquals(14, motions.size(), motions::toString);
    }

    /** A share of yes among independent draws, within four standard errors; the seed is fixed. */
    private static void share(double expected, int yes, int draws) {
        assertEquals(expected, (double) yes / draws, 4 * Math.sqrt(expected * (1 - expected) / draws));
    }

    private static double[] centre(float[] clip, int frame) {
        double mass = 0;
        double x = 0;
        double y = 0;
        for (int i = 0; i < FRAME; i++) {
            double ink = (clip[frame * FRAME + i] + 1) / 2;
            mass += ink;
            x += ink * (i % MovingDigit.SIDE);
            y += ink * Math.floorDiv(i, MovingDigit.SIDE);
        }
        return new double[] {x / mass, y / mass};
    }
}
