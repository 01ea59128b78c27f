package org.plumbline.plugins.reward.jpeg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;

/** Rewards that are wrong on purpose fail the contract in the test that is meant for it. */
class WrongRewardsTest {
    @Test
    void a_sound_reward_passes() {
        assertEquals(Set.of(), failed(Sound.class));
    }

    @Test
    void a_reward_relative_to_the_batch_is_noticed() {
        assertEquals(Set.of("the_reward_of_an_image_does_not_depend_on_the_others"), failed(RelativeToTheBatch.class));
    }

    @Test
    void a_reward_that_changes_from_call_to_call_is_noticed() {
        // The contract makes a new reward for every score; one that is shared must not change either.
        assertEquals(Set.of("several_threads_get_the_rewards_that_one_gets"), failed(Tiring.class));
    }

    @Test
    void a_reward_that_reads_the_prompt_in_secret_is_noticed() {
        assertEquals(Set.of("the_prompt_counts_exactly_if_it_is_said_to"), failed(ReadingInSecret.class));
    }

    @Test
    void a_reward_without_a_value_outside_the_range_is_noticed() {
        assertEquals(Set.of("rewards_are_finite_and_one_per_image"), failed(Logarithmic.class));
    }

    @Test
    void a_reward_that_paints_on_the_images_is_noticed() {
        assertEquals(Set.of("the_images_stay_as_they_are"), failed(Painting.class));
    }

    @Test
    void a_constant_reward_is_noticed() {
        assertEquals(Set.of("the_reward_depends_on_the_image"), failed(Constant.class));
    }

    private static Set<String> failed(Class<?> contract) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(contract))
                                .build(),
                        listener);
        Set<String> names = new TreeSet<>();
        listener.getSummary()
                .getFailures()
                .forEach(failure -> names.add(
                        ((MethodSource) failure.getTestIdentifier().getSource().orElseThrow()).getMethodName()));
        return names;
    }

    static class Sound extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            return means(images);
        }
    }

    static class RelativeToTheBatch extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            double[] means = means(images);
            double mean = Arrays.stream(means).average().orElseThrow();
            return Arrays.stream(means).map(value -> 1 + value - mean).toArray();
        }
    }

    static class Tiring extends Contract {
        private int calls;

        @Override
        protected RewardModel reward() {
            calls = 0;
            return super.reward();
        }

        @Override
        synchronized double[] score(ImageBatch images, List<String> prompts) {
            double tired = 1e-3 * calls++;
            return Arrays.stream(means(images)).map(value -> value - tired).toArray();
        }
    }

    static class ReadingInSecret extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            double[] means = means(images);
            for (int i = 0; i < means.length; i++) {
                means[i] += prompts.get(i).contains("three") ? 1 : 0;
            }
            return means;
        }
    }

    static class Logarithmic extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            double[] values = new double[images.rows()];
            for (int i = 0; i < images.pixels().length; i++) {
                values[i * images.rows() / images.pixels().length] += Math.log(images.pixels()[i] + 0.1);
            }
            return values;
        }
    }

    static class Painting extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            double[] means = means(images);
            images.pixels()[0] = Math.max(0, images.pixels()[0]);
            return means;
        }
    }

    static class Constant extends Contract {
        @Override
        double[] score(ImageBatch images, List<String> prompts) {
            return new double[images.rows()];
        }
    }

    abstract static class Contract extends RewardContract {
        abstract double[] score(ImageBatch images, List<String> prompts);

        static double[] means(ImageBatch images) {
            int size = images.pixels().length / images.rows();
            double[] means = new double[images.rows()];
            for (int row = 0; row < means.length; row++) {
                for (int i = 0; i < size; i++) {
                    means[row] += Math.min(1, Math.max(0, images.pixels()[row * size + i])) / size;
                }
            }
            return means;
        }

        @Override
        protected ComputeBackend backend() {
            throw new UnsupportedOperationException("a black box runs on no backend");
        }

        @Override
        protected long[] imageShape() {
            return new long[] {1, 4, 4};
        }

        @Override
        protected RewardModel reward() {
            return new BlackBoxRewardModel() {
                @Override
                public String unit() {
                    return "none";
                }

                @Override
                public double[] score(ImageBatch images, List<String> prompts) {
                    return Contract.this.score(images, prompts);
                }
            };
        }
    }
}
