package org.plumbline.plugins.reward.motion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;

class MotionRewardsTest {
    private static final long[] SHAPE = {2, 5, 3, 4};
    private static final int FRAME = 12;

    @Test
    void motion_is_the_mean_squared_difference_of_neighbouring_frames() {
        double[] video = noise();
        double sum = 0;
        for (int channel = 0; channel < 2; channel++) {
            for (int frame = 0; frame < 4; frame++) {
                for (int i = 0; i < FRAME; i++) {
                    int at = (channel * 5 + frame) * FRAME + i;
                    sum += Math.pow(video[at + FRAME] - video[at], 2);
                }
            }
        }
        double expected = sum / (2 * 4 * FRAME);
        assertEquals(expected, score(new MotionAmount(new MotionAmount.Configuration(1)), video), 1e-14);
        assertEquals(-expected, score(new MotionAmount(new MotionAmount.Configuration(-1)), video), 1e-14);
    }

    @Test
    void smoothness_is_minus_the_mean_squared_second_difference() {
        double[] video = noise();
        double sum = 0;
        for (int channel = 0; channel < 2; channel++) {
            for (int frame = 0; frame < 3; frame++) {
                for (int i = 0; i < FRAME; i++) {
                    int at = (channel * 5 + frame) * FRAME + i;
                    sum += Math.pow(video[at + 2 * FRAME] - 2 * video[at + FRAME] + video[at], 2);
                }
            }
        }
        assertEquals(-sum / (2 * 3 * FRAME), score(new TemporalSmoothness(), video), 1e-14);
    }

    @Test
    void a_video_that_fades_evenly_is_perfectly_smooth() {
        double[] video = new double[2 * 5 * FRAME];
        for (int i = 0; i < video.length; i++) {
            video[i] = 0.2 * (i / FRAME % 5);
        }
        assertEquals(0, score(new TemporalSmoothness(), video), 1e-30);
        assertEquals(0.04, score(new MotionAmount(new MotionAmount.Configuration(1)), video), 1e-15);
    }

    @Test
    void stills_and_too_few_frames_are_refused_by_name() {
        for (long[] shape : new long[][] {{1, 16, 16}, {1, 1, 16, 16}}) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class, () -> new MotionAmount(new MotionAmount.Configuration(1)).graph(shape));
            assertEquals(StandardError.WRONG_SHAPE, refusal.code());
            assertTrue(refusal.getMessage().contains("motion-amount"), refusal.getMessage());
        }
        PlumblineException two =
                assertThrows(PlumblineException.class, () -> new TemporalSmoothness().graph(new long[] {1, 2, 16, 16}));
        assertTrue(two.getMessage().contains("temporal-smoothness"), two.getMessage());
        assertTrue(two.getMessage().contains("3 frames or more"), two.getMessage());
    }

    @Test
    void a_dot_is_seen_to_go_where_it_goes() {
        // From (1, 4) to (5, 3): 4 to the right, 1 up.
        double[] video = new double[3 * 64];
        video[4 * 8 + 1] = 1;
        video[64 + 4 * 8 + 3] = 1;
        video[2 * 64 + 3 * 8 + 5] = 1;
        String[] prompts = {
            "a three moving right", "a three moving left", "an eight moving up", "DOWN", "a one standing still"
        };
        assertArrayEquals(
                new double[] {4, -4, 1, -1, -Math.sqrt(17)},
                scores(MotionDirection.Score.DISPLACEMENT, 1, video, prompts),
                1e-12);
        assertArrayEquals(
                new double[] {1, 0, 0, 0, 0}, scores(MotionDirection.Score.FOLLOWED, 1, video, prompts), 0, "across");
        assertArrayEquals(
                new double[] {0, 0, 0, 0, 1}, scores(MotionDirection.Score.FOLLOWED, 5, video, prompts), 0, "slow");
    }

    @Test
    void a_video_that_goes_black_follows_no_prompt() {
        double[] video = new double[3 * 64];
        video[4 * 8 + 1] = 1;
        assertArrayEquals(
                new double[] {0, 0}, scores(MotionDirection.Score.FOLLOWED, 1, video, "left", "standing still"), 0);
    }

    @Test
    void a_prompt_must_name_one_direction() {
        for (String prompt : new String[] {"a three", "left or right", "a lefty"}) {
            PlumblineException refusal = assertThrows(PlumblineException.class, () -> Direction.of(prompt));
            assertEquals(StandardError.BAD_VALUE, refusal.code());
        }
        assertEquals(Direction.UP, Direction.of("an eight moving quickly up."));
    }

    private static double[] scores(MotionDirection.Score score, double threshold, double[] video, String... prompts) {
        double[] all = new double[video.length * prompts.length];
        for (int row = 0; row < prompts.length; row++) {
            System.arraycopy(video, 0, all, row * video.length, video.length);
        }
        return new MotionDirection(new MotionDirection.Configuration(score, threshold))
                .score(new ImageBatch(all, prompts.length, 1, 3, 8, 8), List.of(prompts));
    }

    private static double[] noise() {
        return new SplittableRandom(4).doubles(2L * 5 * FRAME, -0.2, 1.2).toArray();
    }

    private static double score(DifferentiableRewardModel reward, double[] video) {
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(reward.graph(SHAPE), reward.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            long[] shape = {1, SHAPE[0], SHAPE[1], SHAPE[2], SHAPE[3]};
            return network.forward(arena, null, Map.of(DifferentiableRewardModel.IMAGE, arena.tensor(video, shape)))
                    .toDoubles()[0];
        }
    }
}
