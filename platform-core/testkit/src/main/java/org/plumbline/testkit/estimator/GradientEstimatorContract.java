package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;

/** The contract of gradient estimators. Extend it once per configuration; see the package description. */
public abstract class GradientEstimatorContract extends FaultContract {
    /** For subclasses. */
    protected GradientEstimatorContract() {}

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_same_seed_gives_the_same_bits_and_another_one_others(Situation situation) {
        double[] first = firstGradient(situation, 11);
        assertArrayEquals(first, firstGradient(situation, 11), "same seed, same bits");
        assertFalse(Arrays.equals(first, firstGradient(situation, 12)), "another seed, the same bits");
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_parameters_stay_as_they_are(Situation situation) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows()));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation));
            SamplerProgram program = program(estimator, bench, situation);
            double[] theta = bench.initialParameters(5);
            double[] kept = theta.clone();
            try (Rollout rollout = bench.rollout(program, batch(5, 0), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 5, 0)) {
                double[] before = chain.rewards(chain.behaviour());
                estimator.estimate(chain);
                assertArrayEquals(kept, theta);
                assertArrayEquals(kept, chain.parameters());
                assertArrayEquals(before, chain.rewards(chain.behaviour()));
            }
            try (Rollout again = bench.rollout(program, batch(5, 0), theta);
                    SamplingChain chain = bench.chain(again, theta, 5, 0)) {
                GradientEstimate estimate = estimator().estimate(chain);
                if (!judgesPredictions()) {
                    assertArrayEquals(chain.rewards(chain.behaviour()), estimate.rewards());
                }
            }
        }
    }

    @Test
    void an_estimate_has_the_length_of_theta_the_sampled_rewards_and_readable_names() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, Situation.WEIGHTS.parts(rows()));
                GradientEstimator estimator = estimator()) {
            GradientEstimate estimate = estimate(bench, estimator, Situation.WEIGHTS, 5, 0);
            assertEquals(bench.parameterCount(), estimate.gradient().length);
            assertEquals(rows(), estimate.rewards().length);
            for (double component : estimate.gradient()) {
                assertTrue(Double.isFinite(component));
            }
            estimate.diagnostics().forEach((name, value) -> {
                assertTrue(name.matches("[a-z0-9]+(-[a-z0-9]+)*"), name);
                assertTrue(Double.isFinite(value), () -> name + " is " + value);
            });
        }
    }

    @Test
    @SuppressWarnings("try") // Closing twice is the point.
    void nothing_is_left_alive_and_closing_twice_is_harmless() {
        MeteredBackend metered = new MeteredBackend(backend(), false);
        try (Workbench bench = Workbench.open(metered, Situation.WEIGHTS_UNDER_GUIDANCE.parts(rows()))) {
            GradientEstimator estimator = estimator();
            int before = metered.aliveTensors();
            double[] theta = bench.initialParameters(0);
            SamplerProgram program = program(estimator, bench, Situation.WEIGHTS_UNDER_GUIDANCE);
            Rollout rollout = bench.rollout(program, batch(6, 0), theta);
            SamplingChain chain = bench.chain(rollout, theta, 6, 0);
            estimator.estimate(chain);
            assertTrue(metered.aliveTensors() > before);
            chain.close();
            chain.close();
            rollout.close();
            rollout.close();
            assertEquals(before, metered.aliveTensors(), "tensors alive after the update");
            estimator.close();
            estimator.close();
            bench.close();
            assertEquals(0, metered.aliveTensors(), "tensors alive after the run");
        }
    }

    @Test
    void an_estimator_that_recalls_its_memory_goes_on_with_the_same_bits() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, Situation.WEIGHTS.parts(rows()));
                GradientEstimator first = estimator();
                GradientEstimator second = estimator()) {
            for (int update = 0; update < 3; update++) {
                estimate(bench, first, Situation.WEIGHTS, 8, update);
            }
            second.recall(Map.copyOf(first.memory()));
            assertArrayEquals(
                    estimate(bench, first, Situation.WEIGHTS, 8, 3).gradient(),
                    estimate(bench, second, Situation.WEIGHTS, 8, 3).gradient(),
                    "an estimator that recalled the memory of another goes on otherwise: memory() is not all");
        }
    }
}
