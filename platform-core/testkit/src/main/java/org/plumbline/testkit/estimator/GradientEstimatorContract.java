package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The contract of gradient estimators. Extend it once per configuration; see the package description.
 *
 * <p>Statistical tests draw from a fixed seed, so they always end alike. They reject at a level of 1e-3 for all components
 * of the gradient together (Holm). {@code -Dplumbline.contract.seed} and {@code -Dplumbline.contract.replicas} change the
 * seed and the number of replicas; every result is logged with the line that repeats it.
 */
public abstract class GradientEstimatorContract {
    private static final System.Logger LOG = System.getLogger(GradientEstimatorContract.class.getName());

    private static final double ALPHA = 1e-3;

    /** A test that could not see a bias of three times this is no evidence for its absence. */
    private static final double LARGEST_ERROR = 0.1;

    /** For subclasses. */
    protected GradientEstimatorContract() {}

    /** Where networks run; in float64, so that nothing but sampling noise is left. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** A new estimator, always in the same configuration. */
    protected abstract GradientEstimator estimator();

    /**
     * The work of one estimate on the first update of a rollout, as the estimator documents it.
     *
     * @param program what it samples: the study's program or its own
     */
    protected abstract ExpectedWork work(SamplerProgram program);

    /** How many batches an expectation is measured on. */
    protected int replicas() {
        return 1000;
    }

    /** Samples per batch. */
    protected int rows() {
        return 32;
    }

    /**
     * Whether an estimator that is not {@link EstimatorTrait#UNBIASED} shows its bias on the first update of a rollout;
     * false if the bias comes later, for example by clipping.
     */
    protected boolean biasShowsAtOnce() {
        return true;
    }

    /**
     * Whether it judges the clean sample that the denoiser predicts in the middle of the chain. Then the steps take the
     * network's output away, as a denoising chain does, where they add it otherwise; without that the prediction would
     * point away from the end of the chain. It also reports the rewards of these predictions and not of samples.
     */
    protected boolean judgesPredictions() {
        return false;
    }

    /**
     * Whether the estimate points uphill on these chains; false for an estimator that puts a probability flow in the place
     * of the chain, which only for a denoiser leads to the same samples.
     */
    protected boolean pointsUphill() {
        return true;
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_expectation_is_what_the_trait_unbiased_says(Situation situation, TestInfo test) {
        int rows = situation.rows(rows());
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation), "refused, with the right code");
            long seed = Long.getLong("plumbline.contract.seed", 20240229);
            int count = Integer.getInteger("plumbline.contract.replicas", situation.replicas(replicas(), rows()));
            Replicas replicas = Replicas.of(
                    bench,
                    program(estimator, bench, situation),
                    estimator,
                    Situation.prompts(rows),
                    bench.initialParameters(seed),
                    seed,
                    count);
            HolmCorrection holm = HolmCorrection.of(replicas.difference(), ALPHA);
            String found = String.format(
                    Locale.ROOT,
                    "%s, %s: relative bias %.4f (standard error %.4f), cosine %.4f, variance per sample %.3g"
                            + " (exact adjoint %.3g); %s. To repeat: mvn test -Dtest='%s' -Dplumbline.contract.seed=%d"
                            + " -Dplumbline.contract.replicas=%d",
                    title(),
                    situation,
                    replicas.relativeBias(),
                    replicas.relativeBiasError(),
                    replicas.cosine(),
                    replicas.variancePerSample(),
                    replicas.exactVariancePerSample(),
                    holm,
                    test.getTestClass().orElseThrow().getName().replaceAll(".*[.]", "") + "#"
                            + test.getTestMethod().orElseThrow().getName(),
                    seed,
                    count);
            LOG.log(System.Logger.Level.INFO, found);
            assertTrue(!pointsUphill() || replicas.cosine() > 0, () -> "points downhill. " + found);
            if (estimator.traits().contains(EstimatorTrait.UNBIASED)) {
                assertTrue(replicas.relativeBiasError() < LARGEST_ERROR, () -> "too few replicas to tell. " + found);
                assertEquals(0, holm.rejected(), () -> "declared unbiased, but biased. " + found);
            } else if (biasShowsAtOnce()) {
                assertTrue(holm.rejected() > 0, () -> "not declared unbiased, but no bias shows. " + found);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_same_seed_gives_the_same_bits_and_another_one_others(Situation situation) {
        double[] first = firstGradient(situation, 11);
        assertArrayEquals(first, firstGradient(situation, 11));
        assertFalse(Arrays.equals(first, firstGradient(situation, 12)));
    }

    private double[] firstGradient(Situation situation, long seed) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows()));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation));
            return estimate(bench, estimator, situation, seed, 0).gradient();
        }
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

            assertEquals(expected.forward(), done.nfeForward(), "forward evaluations per sample");
            assertEquals(expected.backward(), done.nfeBackward(), "backward evaluations per sample");
            assertEquals(expected.rewards() * rows(), done.rewardEvaluations(), "reward evaluations");
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
                assertThrows(
                        UnsupportedOperationException.class,
                        () -> estimate(bench, estimator, Situation.WEIGHTS, 4, 0),
                        "the need is declared, but nothing needed it");
            } else {
                double[] gradient =
                        estimate(bench, estimator, Situation.WEIGHTS, 4, 0).gradient();
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
                assertThrows(
                        UnsupportedOperationException.class,
                        () -> estimate(bench, estimator, Situation.WEIGHTS, 4, 0),
                        "the need is declared, but nothing needed it");
            } else {
                estimate(bench, estimator, Situation.WEIGHTS, 4, 0);
            }
        }
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
                    estimate(bench, second, Situation.WEIGHTS, 8, 3).gradient());
        }
    }

    private GradientEstimate estimate(
            Workbench bench, GradientEstimator estimator, Situation situation, long seed, long update) {
        double[] theta = bench.initialParameters(seed);
        try (Rollout rollout = bench.rollout(program(estimator, bench, situation), batch(seed, update), theta);
                SamplingChain chain = bench.chain(rollout, theta, seed, update)) {
            return estimator.estimate(chain);
        }
    }

    private Batch batch(long seed, long number) {
        return new Batch(Situation.prompts(rows()), NoiseSource.keyed(seed, "contract", number));
    }

    /** An estimator may refuse a situation, but not the plain one, and only for a reason of the user's making. */
    private boolean accepts(GradientEstimator estimator, Workbench bench, Situation situation) {
        try {
            Compatibility.check(situation.name(), estimator, bench.profile(sampled(situation)));
            return true;
        } catch (PlumblineException refusal) {
            assertTrue(situation != Situation.WEIGHTS, refusal::getMessage);
            assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal.getMessage());
            return false;
        }
    }

    private SamplerProgram program(GradientEstimator estimator, Workbench bench, Situation situation) {
        return estimator.program(bench.profile(sampled(situation)));
    }

    private SamplerProgram sampled(Situation situation) {
        return sampled(situation, Situation.CALLS);
    }

    private SamplerProgram sampled(Situation situation, int calls) {
        SamplerProgram program = situation.program(calls);
        return judgesPredictions() ? Situation.denoising(program) : program;
    }

    private boolean declares(EstimatorTrait trait) {
        try (GradientEstimator estimator = estimator()) {
            return estimator.traits().contains(trait);
        }
    }

    private String title() {
        return getClass().getSimpleName();
    }
}
