package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.BEFORE;
import static org.plumbline.plugins.estimator.policy.gradient.OnTheToy.ROWS;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.StepOrder;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Advantages;
import org.plumbline.toolkit.statistics.Vectors;

class TrainedStepsTest {
    /** Exactly, not only in expectation: the gradient is a sum over steps, in samplers with memory too. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_mean_over_all_pairs_of_steps_is_the_sum_over_all_steps(boolean remembers) {
        SamplerProgram program = remembers ? OnTheToy.TOY.programWithMemory(4) : OnTheToy.TOY.program(4);
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend);
                Rollout rollout = bench.rollout(program, OnTheToy.batch(0), BEFORE);
                SamplingChain chain = bench.chain(rollout, BEFORE, 0, 0)) {
            double[] mean = new double[4];
            for (int first = 0; first < 4; first++) {
                for (int second = first + 1; second < 4; second++) {
                    double[] gradient = gradient(chain, calls(first, second), 2);
                    Vectors.addTo(mean, 1.0 / 6, gradient);
                }
            }
            assertArrayEquals(gradient(chain, calls(0, 1, 2, 3), 1), mean, 1e-12);
        }
    }

    private static double[] gradient(SamplingChain chain, BitSet trained, double scale) {
        double[] weights = Advantages.leaveOneOut(chain.rewards(chain.behaviour()));
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= scale;
        }
        SweepPlan plan =
                new TrainedSteps(calls(0, 1, 2, 3), trained, scale).without(SweepPlan.of(chain.program()), ROWS, false);
        for (int k = trained.nextSetBit(0); k >= 0; k = trained.nextSetBit(k + 1)) {
            plan = plan.cut(k, weights);
        }
        return chain.sweep(chain.behaviour(), plan);
    }

    @Test
    void every_step_is_drawn_as_often() {
        SamplerProgram program = OnTheToy.TOY.program(5);
        SplittableRandom random = new SplittableRandom(1);
        Method.Steps steps = new Method.Steps(0.6, StepOrder.RANDOM, true, false);
        int[] count = new int[5];
        for (int i = 0; i < 2000; i++) {
            TrainedSteps drawn = TrainedSteps.draw(steps, program, random);
            assertEquals(3, drawn.trained().cardinality());
            assertEquals(5.0 / 3, drawn.scale());
            drawn.trained().stream().forEach(k -> count[k]++);
        }
        for (int found : count) {
            // Five standard deviations of a binomial count.
            assertEquals(1200, found, 5 * Math.sqrt(2000 * 0.6 * 0.4));
        }
    }

    @Test
    void the_first_steps_are_those_next_to_the_noise() {
        SamplerProgram program = OnTheToy.TOY.program(10);
        TrainedSteps drawn = TrainedSteps.draw(
                new Method.Steps(0.99, StepOrder.FIRST, false, false), program, new SplittableRandom(1));
        BitSet nine = new BitSet();
        nine.set(0, 9);
        assertEquals(nine, drawn.trained());
        assertEquals(1, drawn.scale());
    }

    @Test
    void a_small_fraction_is_one_step() {
        TrainedSteps drawn = TrainedSteps.draw(
                new Method.Steps(0, StepOrder.RANDOM, true, false), OnTheToy.TOY.program(4), new SplittableRandom(1));
        assertEquals(1, drawn.trained().cardinality());
        assertEquals(4, drawn.scale());
    }

    private static BitSet calls(int... calls) {
        BitSet set = new BitSet();
        for (int call : calls) {
            set.set(call);
        }
        return set;
    }
}
