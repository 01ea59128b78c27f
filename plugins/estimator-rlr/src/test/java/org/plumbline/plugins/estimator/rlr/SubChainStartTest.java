package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.plugins.estimator.rlr.SubChainStart.Window;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.Vectors;

class SubChainStartTest {
    private static final int STEPS = 10;

    @Test
    void a_start_is_proportional_to_the_exponential_of_its_steps_norm() {
        SubChainStart start = start("start", "gradient-norms", "start-temperature", 2, "mode", "exact");
        Window window = new Window(3, 5);
        assertArrayEquals(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, start.probabilities(window), 1e-15);
        start.recall(Map.of("step-norms", new double[] {900, 1, 2, 6, 4, 0, 0, 0, 0, 0}));
        double total = Math.exp(1) + Math.exp(3) + Math.exp(2);
        assertArrayEquals(
                new double[] {Math.exp(1) / total, Math.exp(3) / total, Math.exp(2) / total},
                start.probabilities(window),
                1e-12);
    }

    @Test
    void starts_are_drawn_with_their_probabilities() {
        SubChainStart start = start("start", "gradient-norms", "mode", "exact");
        start.recall(Map.of("step-norms", new double[] {0, 0, 1, 0.5, 0, 0, 0, 0, 0, 0}));
        Window window = new Window(2, 5);
        NoiseStream random = NoiseStream.of(1, "starts", 0);
        int draws = 100_000;
        double[] counts = new double[4];
        for (int i = 0; i < draws; i++) {
            counts[start.draw(window, random) - 2]++;
        }
        double[] expected = start.probabilities(window);
        for (int i = 0; i < counts.length; i++) {
            double error = Math.sqrt(expected[i] * (1 - expected[i]) / draws);
            assertEquals(expected[i], counts[i] / draws, 4 * error);
        }
    }

    /** Expected visits of a sub-chain of three steps add up to three. */
    @Test
    void coverage_is_the_probability_of_a_visit() {
        SubChainStart start = start("mode", "exact", "h", 3);
        Window window = start.chosen(STEPS, 3, null);
        assertEquals(new Window(2, 8), window);
        assertEquals(1 / 7.0, start.coverage(window, 3, 2), 1e-15);
        assertEquals(2 / 7.0, start.coverage(window, 3, 3), 1e-15);
        assertEquals(3 / 7.0, start.coverage(window, 3, 4), 1e-15);
        assertEquals(1 / 7.0, start.coverage(window, 3, 10), 1e-15);
        double sum = 0;
        for (int step = 1; step <= STEPS; step++) {
            sum += start.coverage(window, 3, step);
        }
        assertEquals(3, sum, 1e-12);
    }

    /** Against the differences of sweeps that stop one step later each. */
    @Test
    void measured_norms_are_those_of_the_steps_contributions() {
        try (OneUpdate toy = OneUpdate.tenSteps();
                Rollout rollout = toy.rollout();
                SamplingChain chain = toy.chain(rollout, toy.theta(), 0)) {
            SubChainStart start = start("start", "gradient-norms", "mode", "exact");
            start.measure(chain, chain.behaviour());
            double[] norms = start.memory().get("step-norms");
            double[] before = new double[chain.parameterCount()];
            for (int step = 1; step <= STEPS; step++) {
                SweepPlan plan = SweepPlan.of(chain.program()).fromReward(chain.rows());
                double[] upTo =
                        chain.sweep(chain.behaviour(), step == STEPS ? plan : plan.stopBefore(STEPS - step - 1));
                assertEquals(Vectors.norm(Vectors.difference(upTo, before)), norms[step - 1], 1e-9);
                before = upTo;
            }
        }
    }

    @Test
    void norms_are_measured_after_the_update_that_they_must_not_steer_and_survive_a_resume() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            Object[] settings = {"mode", "exact", "start", "gradient-norms", "start-every", 3};
            RecursiveLikelihoodRatio first = Rlr.of(settings);
            assertTrue(first.memory().isEmpty());
            assertArrayEquals(
                    toy.estimate(Rlr.of("mode", "exact")).gradient(),
                    toy.estimate(first).gradient());
            Map<String, double[]> memory = first.memory();
            assertEquals(STEPS, memory.get("step-norms").length);
            RecursiveLikelihoodRatio second = Rlr.of(settings);
            second.recall(memory);
            assertArrayEquals(
                    toy.estimate(first, 1).gradient(), toy.estimate(second, 1).gradient());
        }
    }

    @Test
    void a_window_confines_the_start() {
        try (OneUpdate toy = OneUpdate.tenSteps()) {
            assertEquals(List.of(4, 5, 6), starts(toy, Rlr.of("mode", "exact", "start-from", 4, "start-to", 6)));
            assertEquals(List.of(2, 3, 4, 5, 6, 7, 8, 9), starts(toy, Rlr.of("mode", "exact")));
            assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8), starts(toy, Rlr.of("mode", "paper-literal")));
            assertEquals(List.of(4, 6), starts(toy, Rlr.of("mode", "random-tile", "start-from", 3, "start-to", 7)));
        }
    }

    /** Thirds of ten steps, counted from the output; a sub-chain of two steps stays inside its third. */
    @Test
    void a_scale_of_the_prompt_schedule_confines_the_whole_sub_chain() {
        SamplerProgram program = OneUpdate.TOY.program(STEPS);
        PromptSchedule schedule = PromptSchedule.of(
                List.of(
                        new PromptSchedule.Range(new PromptScale("coarse", 7, 10), prompt -> prompt),
                        new PromptSchedule.Range(new PromptScale("mid", 4, 6), prompt -> prompt),
                        new PromptSchedule.Range(new PromptScale("fine", 1, 3), prompt -> prompt)),
                program);
        try (OneUpdate toy = new OneUpdate(program, 8, schedule)) {
            assertEquals(List.of(7, 8, 9), starts(toy, Rlr.of("mode", "exact", "start-scale", "coarse")));
            assertEquals(List.of(4, 5), starts(toy, Rlr.of("mode", "exact", "start-scale", "mid")));
            assertEquals(List.of(2), starts(toy, Rlr.of("mode", "exact", "start-scale", "fine")));
            assertEquals(List.of(4, 6), starts(toy, Rlr.of("mode", "random-tile", "start-scale", "mid")));
        }
    }

    private static List<Integer> starts(OneUpdate toy, RecursiveLikelihoodRatio estimator) {
        estimator.check(toy.profile());
        TreeSet<Integer> found = new TreeSet<>();
        for (int update = 0; update < 60; update++) {
            found.add(toy.estimate(estimator, update).diagnostics().get("start").intValue());
        }
        return List.copyOf(found);
    }

    private static SubChainStart start(Object... settings) {
        return new SubChainStart(Rlr.configuration(settings));
    }
}
