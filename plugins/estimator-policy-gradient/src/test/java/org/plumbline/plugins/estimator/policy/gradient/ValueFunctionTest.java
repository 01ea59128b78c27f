package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.BEFORE;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.sampler.SamplerProgram;

class ValueFunctionTest {
    private static final SamplerProgram PROGRAM = OnTheToy.TOY.program(4);

    @Test
    void before_it_has_learned_advantages_are_rewards_and_then_they_shrink() {
        ValueFunction value = new ValueFunction(1, 1);
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            for (int rollout = 0; rollout < 20; rollout++) {
                int number = rollout;
                onRollout(bench, number, chain -> {
                    double[] rewards = chain.rewards(chain.behaviour());
                    AdvantageSource.OfCall advantages = value.advantages(chain, chain.behaviour(), rewards, true);
                    if (number == 0) {
                        assertArrayEquals(rewards, advantages.at(3));
                    }
                    if (number == 19) {
                        // What is left at the last step is its own noise; at the first, that of all steps.
                        double last = square(advantages.at(3));
                        double first = square(advantages.at(0));
                        assertTrue(last < 0.5 * first, last + " and " + first);
                        assertTrue(first < square(rewards), first + " and " + square(rewards));
                    }
                    value.learn(chain, chain.behaviour(), rewards);
                });
            }
        }
    }

    /** A value that knew the rewards of the rollout it judges would bias the gradient. */
    @Test
    void it_learns_only_after_the_last_update_of_a_rollout() {
        PolicyGradient estimator = Configured.by(Map.of("baseline", "value", "updates-per-rollout", 3));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(0), BEFORE)) {
            for (int update = 0; update < 3; update++) {
                assertEquals(0, estimator.memory().size());
                try (SamplingChain chain = bench.chain(rollout, BEFORE, 0, update)) {
                    estimator.estimate(chain);
                }
            }
            // A regression per call and the mean rewards of two prompts.
            assertEquals(4 + 2, estimator.memory().size());
        }
    }

    @Test
    void what_is_recalled_judges_the_same() {
        ValueFunction first = new ValueFunction(0.9, 1);
        ValueFunction second = new ValueFunction(0.9, 1);
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            onRollout(bench, 0, chain -> first.learn(chain, chain.behaviour(), chain.rewards(chain.behaviour())));
            second.recall(first.memory());
            onRollout(bench, 1, chain -> {
                double[] rewards = chain.rewards(chain.behaviour());
                for (int k = 0; k < PROGRAM.size(); k++) {
                    assertArrayEquals(
                            first.advantages(chain, chain.behaviour(), rewards, true)
                                    .at(k),
                            second.advantages(chain, chain.behaviour(), rewards, true)
                                    .at(k));
                }
            });
        }
    }

    private interface Work {
        void on(SamplingChain chain);
    }

    private static void onRollout(Workbench bench, int number, Work work) {
        try (Rollout rollout = bench.rollout(PROGRAM, OnTheToy.batch(number), BEFORE);
                SamplingChain chain = bench.chain(rollout, BEFORE, 0, number)) {
            work.on(chain);
        }
    }

    private static double square(double[] values) {
        return Arrays.stream(values).map(value -> value * value).average().orElseThrow();
    }
}
