package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;

/** What an estimator asks for: network calls, gradients, noise, memory; all as it is documented and declared. */
public abstract class NeedContract extends ExpectationContract {
    NeedContract() {}

    /**
     * The work of one estimate on the first update of a rollout, as the estimator documents it.
     *
     * @param program what it samples: the study's program or its own
     */
    protected abstract ExpectedWork work(SamplerProgram program);

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_work_is_what_is_documented(Situation situation) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows()));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation));
            ExpectedWork expected = work(program(estimator, bench, situation));
            Ledger.Work before = bench.ledger().reading();
            estimate(bench, estimator, situation, 3, 0);
            Ledger.Work done = bench.ledger().reading().since(before);

            assertEquals(expected.forward(), done.nfeForward(), "documented work: forward evaluations per sample");
            assertEquals(expected.backward(), done.nfeBackward(), "documented work: backward evaluations per sample");
            assertEquals(expected.rewards() * rows(), done.rewardEvaluations(), "documented work: reward evaluations");
            long networkRows = (long) rows() * (situation.guided() ? 2 : 1);
            assertEquals(expected.forward() * networkRows, done.rowsForward(), "rows forward");
            assertEquals(expected.backward() * networkRows, done.rowsBackward(), "rows backward");
        }
    }

    @Test
    void the_gradient_of_the_reward_is_used_exactly_if_it_is_declared_a_need() {
        ChainParts blackBox = Situation.WEIGHTS.parts(rows(), new ValuesOnly(Situation.REWARD));
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, blackBox);
                GradientEstimator estimator = estimator()) {
            if (declares(EstimatorTrait.NEEDS_REWARD_GRADIENT)) {
                assertRefused(bench, estimator, sampled(Situation.WEIGHTS));
                assertUsed(EstimatorTrait.NEEDS_REWARD_GRADIENT, bench, estimator);
            } else {
                double[] gradient = withoutNeed(EstimatorTrait.NEEDS_REWARD_GRADIENT, bench, estimator);
                assertArrayEquals(firstGradient(Situation.WEIGHTS, 4), gradient, 1e-9);
            }
        }
    }

    @Test
    void vector_jacobian_products_are_used_exactly_if_they_are_declared_a_need() {
        try (ComputeBackend backend = new MeteredBackend(backend(), true);
                Workbench bench = Workbench.open(backend, Situation.WEIGHTS.parts(rows()));
                GradientEstimator estimator = estimator()) {
            if (declares(EstimatorTrait.NEEDS_VJP)) {
                assertRefused(bench, estimator, sampled(Situation.WEIGHTS));
                assertUsed(EstimatorTrait.NEEDS_VJP, bench, estimator);
            } else {
                withoutNeed(EstimatorTrait.NEEDS_VJP, bench, estimator);
            }
        }
    }

    private void assertUsed(EstimatorTrait need, Workbench bench, GradientEstimator estimator) {
        assertThrows(
                UnsupportedOperationException.class,
                () -> estimate(bench, estimator, Situation.WEIGHTS, 4, 0),
                () -> "declares the trait " + need + ", but nothing needed it");
    }

    private double[] withoutNeed(EstimatorTrait need, Workbench bench, GradientEstimator estimator) {
        return assertDoesNotThrow(
                        () -> estimate(bench, estimator, Situation.WEIGHTS, 4, 0),
                        () -> "does not declare the trait " + need + ", but needs it")
                .gradient();
    }

    @Test
    void a_sampler_without_noise_is_refused_exactly_if_noise_is_declared_a_need() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, Situation.WEIGHTS.parts(rows()));
                GradientEstimator estimator = estimator()) {
            SamplerProgram silent = Situation.withNoise(sampled(Situation.WEIGHTS), 0);
            ChainProfile profile = bench.profile(silent);
            if (declares(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER)) {
                assertRefused(bench, estimator, silent);
            } else {
                Compatibility.check(title(), estimator, profile);
                double[] theta = bench.initialParameters(0);
                try (Rollout rollout = bench.rollout(estimator.program(profile), batch(6, 0), theta);
                        SamplingChain chain = bench.chain(rollout, theta, 6, 0)) {
                    estimator.estimate(chain);
                }
            }
        }
    }

    private void assertRefused(Workbench bench, GradientEstimator estimator, SamplerProgram program) {
        PlumblineException refusal = assertThrows(
                PlumblineException.class, () -> Compatibility.check(title(), estimator, bench.profile(program)));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal.getMessage());
    }

    @Test
    void memory_grows_with_the_number_of_calls_by_latents_only_if_that_is_declared() {
        assumeTrue(declares(EstimatorTrait.CONSTANT_MEMORY_IN_STEPS));
        Peak few = peak(2 * Situation.CALLS);
        Peak many = peak(8 * Situation.CALLS);
        long growth = many.numbers - few.numbers;
        // For every call: its state, the network's input and its converted output.
        long latents = 3L * (many.calls - few.calls) * rows() * 2;
        assertTrue(growth <= latents, () -> "grew by " + growth + " numbers, and the latents take " + latents);
    }

    /** The most numbers alive at once in an update of so many network calls. */
    private record Peak(long numbers, int calls) {}

    private Peak peak(int calls) {
        MeteredBackend metered = new MeteredBackend(backend(), false);
        try (metered;
                Workbench bench = Workbench.open(metered, Situation.WEIGHTS.parts(rows()));
                GradientEstimator estimator = estimator()) {
            double[] theta = bench.initialParameters(0);
            SamplerProgram program = estimator.program(bench.profile(sampled(Situation.WEIGHTS, calls)));
            metered.resetPeak();
            try (Rollout rollout = bench.rollout(program, batch(6, 0), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 6, 0)) {
                estimator.estimate(chain);
            }
            return new Peak(metered.peakNumbers(), program.size());
        }
    }
}
