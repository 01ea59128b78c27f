package org.plumbline.testkit.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardChoice;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.estimator.FiniteDifferences;

/** The contract of rewards. Extend it once per configuration; see the package description. */
public abstract class RewardContract {
    private static final int ROWS = 3;

    /** For subclasses. */
    protected RewardContract() {}

    /** Where the graph of a differentiable reward runs; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** A new reward, always in the same configuration. The contract closes it. */
    protected abstract RewardModel reward();

    /**
     * Channels, height, width of images that it scores, or channels, frames, height, width of videos; small ones, since
     * gradients are checked number by number.
     */
    protected abstract long[] imageShape();

    /** Two prompts that mean different things to the reward, if it looks at them. */
    protected List<String> prompts() {
        return List.of("a handwritten three", "a handwritten seven");
    }

    /** Whether the reward depends on the prompt. */
    protected boolean looksAtPrompts() {
        return false;
    }

    /** Whether finite differences show the gradient; false for a reward with steps, such as a yes or no. */
    protected boolean smooth() {
        return true;
    }

    /** A shape of images that it cannot score, if there is one. */
    protected Optional<long[]> impossibleShape() {
        return Optional.empty();
    }

    @Test
    void rewards_are_finite_and_one_per_image() {
        // From far below black to far above white, as latents of a run may be.
        for (double range : new double[] {0.5, 2}) {
            double[] rewards = score(images(ROWS, range), prompts(ROWS));
            assertEquals(ROWS, rewards.length, "one reward per image");
            for (double reward : rewards) {
                assertTrue(Double.isFinite(reward), () -> "reward " + reward + " of images within 0.5 +- " + range);
            }
        }
        for (double grey : new double[] {0, 1}) {
            double[] flat = new double[size()];
            Arrays.fill(flat, grey);
            assertTrue(Double.isFinite(score(flat, prompts(1))[0]), "reward of a flat image of " + grey);
        }
    }

    @Test
    void the_same_images_have_the_same_rewards_bit_for_bit() {
        double[] images = images(ROWS, 0.5);
        assertArrayEquals(score(images, prompts(ROWS)), score(images, prompts(ROWS)));
    }

    @Test
    void the_reward_of_an_image_does_not_depend_on_the_others() {
        double[] images = images(ROWS, 0.5);
        double[] together = score(images, prompts(ROWS));
        for (int row = 0; row < ROWS; row++) {
            double[] alone = score(Arrays.copyOfRange(images, row * size(), (row + 1) * size()), List.of(prompt(row)));
            assertEquals(together[row], alone[0], 1e-12 * Math.max(1, Math.abs(alone[0])), "image " + row + " alone");
        }
    }

    @Test
    void the_reward_depends_on_the_image() {
        double[] rewards = score(images(8, 0.5), Collections.nCopies(8, prompt(0)));
        assumeTrue(smooth(), "a reward with steps may not tell eight images apart");
        assertTrue(Arrays.stream(rewards).distinct().count() > 1, "all images have the reward " + rewards[0]);
    }

    @Test
    void the_prompt_counts_exactly_if_it_is_said_to() {
        double[] image = images(1, 0.5);
        double first = score(image, List.of(prompt(0)))[0];
        double second = score(image, List.of(prompt(1)))[0];
        if (looksAtPrompts()) {
            assertNotEquals(first, second, "two prompts, one reward");
            double[] twice = Arrays.copyOf(image, 2 * size());
            System.arraycopy(image, 0, twice, size(), size());
            double[] both = score(twice, List.of(prompt(1), prompt(0)));
            assertArrayEquals(new double[] {second, first}, both, 1e-12 * Math.max(1, Math.abs(first)), "row by row");
        } else {
            assertEquals(first, second, "the reward depends on the prompt");
        }
    }

    @Test
    void the_gradient_is_that_of_finite_differences_for_every_pixel() {
        try (RewardModel reward = opened()) {
            assumeTrue(reward instanceof DifferentiableRewardModel, "a black box has no gradient");
            assumeTrue(smooth(), "a reward with steps");
            try (Scorer scorer = new Scorer((DifferentiableRewardModel) reward)) {
                double[] images = images(2, 0.45);
                List<String> prompts = prompts(2);
                double[] found = scorer.gradient(images, prompts);
                double[] expected = FiniteDifferences.gradient(
                        moved -> Arrays.stream(scorer.score(moved, prompts)).sum(), images);
                double scale = Arrays.stream(expected).map(Math::abs).reduce(1e-3, Math::max);
                for (int i = 0; i < images.length; i++) {
                    assertEquals(
                            expected[i], found[i], 1e-6 * scale, "pixel " + i % size() + " of image " + i / size());
                }
            }
        }
    }

    @Test
    void gradients_are_finite_and_belong_to_their_own_image() {
        try (RewardModel reward = opened()) {
            assumeTrue(reward instanceof DifferentiableRewardModel, "a black box has no gradient");
            try (Scorer scorer = new Scorer((DifferentiableRewardModel) reward)) {
                double[] images = images(ROWS, 0.5);
                double[] together = scorer.gradient(images, prompts(ROWS));
                double scale = Arrays.stream(together).map(Math::abs).reduce(1, Math::max);
                for (int row = 0; row < ROWS; row++) {
                    double[] alone = scorer.gradient(
                            Arrays.copyOfRange(images, row * size(), (row + 1) * size()), List.of(prompt(row)));
                    double[] part = Arrays.copyOfRange(together, row * size(), (row + 1) * size());
                    assertArrayEquals(part, alone, 1e-12 * scale, "image " + row);
                    assertTrue(Arrays.stream(alone).allMatch(Double::isFinite), "image " + row);
                }
                double[] flat = new double[size()];
                assertTrue(
                        Arrays.stream(scorer.gradient(flat, prompts(1))).allMatch(Double::isFinite), "a black image");
            }
        }
    }

    /** A reward is thread-safe: several runs share it. */
    @Test
    void several_threads_get_the_rewards_that_one_gets() throws InterruptedException, ExecutionException {
        double[] images = images(ROWS, 0.5);
        try (RewardModel reward = opened()) {
            double[] alone = score(reward, images, prompts(ROWS));
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                Callable<double[]> task = () -> score(reward, images, prompts(ROWS));
                for (Future<double[]> found : threads.invokeAll(Collections.nCopies(12, task))) {
                    assertArrayEquals(alone, found.get());
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void the_images_stay_as_they_are() {
        double[] images = images(ROWS, 2);
        double[] kept = images.clone();
        score(images, prompts(ROWS));
        assertArrayEquals(kept, images);
    }

    /** What a black box says before a run; a graph is refused or built. */
    @Test
    void it_says_before_a_run_whether_it_scores_stills_or_videos() {
        try (RewardModel reward = opened()) {
            if (reward instanceof BlackBoxRewardModel blackBox) {
                assertTrue(blackBox.scores(imageShape()), "the shape of the contract");
                impossibleShape()
                        .filter(shape -> shape.length != imageShape().length)
                        .ifPresent(shape -> assertFalse(blackBox.scores(shape), "an impossible shape"));
            }
        }
    }

    @Test
    void images_that_it_cannot_score_are_refused() {
        Optional<long[]> impossible = impossibleShape();
        assumeTrue(impossible.isPresent(), "it scores images of any shape");
        long[] shape = impossible.get();
        try (RewardModel reward = opened()) {
            PlumblineException refusal = assertThrows(PlumblineException.class, () -> {
                if (reward instanceof DifferentiableRewardModel differentiable) {
                    differentiable.graph(shape);
                } else {
                    ((BlackBoxRewardModel) reward).score(batch(new double[size(shape)], shape), List.of(prompt(0)));
                }
            });
            assertEquals(StandardError.WRONG_SHAPE, refusal.code(), refusal.getMessage());
        }
    }

    @Test
    @SuppressWarnings("try") // Closing twice is the point.
    void it_names_its_unit_and_can_be_closed_twice() {
        RewardModel reward = opened();
        assertFalse(reward.unit().isBlank(), "unit");
        reward.close();
        reward.close();
    }

    /** As the host has it. */
    private RewardModel opened() {
        RewardModel made = reward();
        return made instanceof RewardChoice choice ? choice.chosen() : made;
    }

    private String prompt(int row) {
        return prompts().get(row % prompts().size());
    }

    private List<String> prompts(int rows) {
        List<String> result = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            result.add(prompt(row));
        }
        return result;
    }

    private int size() {
        return size(imageShape());
    }

    private static int size(long[] shape) {
        return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    }

    /** Noise within 0.5 +- range. */
    private double[] images(int rows, double range) {
        return new SplittableRandom(21)
                .doubles((long) rows * size(), 0.5 - range, 0.5 + range)
                .toArray();
    }

    private static ImageBatch batch(double[] pixels, long[] shape) {
        return ImageBatch.of(pixels, pixels.length / size(shape), shape);
    }

    private double[] score(double[] images, List<String> prompts) {
        try (RewardModel reward = opened()) {
            return score(reward, images, prompts);
        }
    }

    private double[] score(RewardModel reward, double[] images, List<String> prompts) {
        if (reward instanceof BlackBoxRewardModel blackBox) {
            return blackBox.score(batch(images, imageShape()), prompts);
        }
        try (Scorer scorer = new Scorer((DifferentiableRewardModel) reward)) {
            return scorer.score(images, prompts);
        }
    }

    /** A differentiable reward on a backend session of its own. */
    private final class Scorer implements AutoCloseable {
        private final DifferentiableRewardModel reward;
        private final ComputeBackend backend;
        private final BackendSession session;
        private final Network network;

        Scorer(DifferentiableRewardModel reward) {
            this.reward = reward;
            this.backend = backend();
            this.session = backend.open();
            this.network = session.compile(reward.graph(imageShape()), reward.weights(), ParameterLayout.empty());
        }

        double[] score(double[] images, List<String> prompts) {
            try (TensorArena arena = session.arena()) {
                return network.forward(arena, null, inputs(arena, images, prompts))
                        .toDoubles();
            }
        }

        double[] gradient(double[] images, List<String> prompts) {
            double[] ones = new double[images.length / size()];
            Arrays.fill(ones, 1);
            try (TensorArena arena = session.arena()) {
                VectorJacobian pulled = network.vjp(
                        arena,
                        null,
                        inputs(arena, images, prompts),
                        arena.tensor(ones, ones.length),
                        Set.of(DifferentiableRewardModel.IMAGE));
                return Objects.requireNonNull(pulled.inputGradients().get(DifferentiableRewardModel.IMAGE))
                        .toDoubles();
            }
        }

        private Map<String, Tensor> inputs(TensorArena arena, double[] images, List<String> prompts) {
            Map<String, double[]> more = reward.inputs(prompts);
            Map<String, Tensor> inputs = new HashMap<>();
            for (TensorSpec spec : network.definition().inputs()) {
                double[] values = spec.name().equals(DifferentiableRewardModel.IMAGE)
                        ? images
                        : Objects.requireNonNull(more.get(spec.name()), () -> "inputs() lacks " + spec.name());
                long[] shape = spec.shape();
                shape[0] = prompts.size();
                inputs.put(spec.name(), arena.tensor(values, shape));
            }
            return inputs;
        }

        @Override
        public void close() {
            network.close();
            session.close();
            backend.close();
        }
    }
}
