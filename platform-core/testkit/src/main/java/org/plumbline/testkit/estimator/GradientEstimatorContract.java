package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
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
import org.plumbline.testkit.problem.Problem;
import org.plumbline.testkit.problem.ProblemFile;

/**
 * The contract of gradient estimators. Extend it once per configuration; see the package description.
 *
 * <p>Statistical tests draw from a fixed seed, so they always end alike. They reject at a level of 1e-3 for all components
 * of the gradient together (Holm). {@code -Dplumbline.contract.seed} and {@code -Dplumbline.contract.replicas} change the
 * seed and the number of replicas; every result is logged with the line that repeats it.
 */
public abstract class GradientEstimatorContract {
    private static final System.Logger LOG = System.getLogger(GradientEstimatorContract.class.getName());

    private static final long SEED = 20240229;

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

    /** How many batches an expectation is measured on at most; fewer do where the standard error is small. */
    protected int replicas() {
        return 1000;
    }

    /** Samples per batch. */
    protected int rows() {
        return 32;
    }

    /**
     * Whether an estimator that is not {@link EstimatorTrait#UNBIASED} shows its bias on the first update of a rollout;
     * false if the bias comes later, for example by clipping, or is too small in a situation to show at this precision.
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
     * How the bias vanishes, for an estimator whose documentation says so: for example with the step of its solver, or
     * with the size of its perturbations. Nothing is claimed by default.
     */
    protected Optional<BiasOrder> biasOrder() {
        return Optional.empty();
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_expectation_is_what_the_trait_unbiased_says(Situation situation, TestInfo test) {
        int rows = situation.rows(rows());
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation), "refused, with the right code");
            Measurement measurement = new Measurement(
                    title(),
                    situation.name(),
                    bench,
                    estimator,
                    sampled(situation),
                    Situation.prompts(rows),
                    SEED,
                    test);
            measurement.run(situation.replicas(replicas(), rows()));
            measurement.mustPointUphill();
            if (estimator.traits().contains(EstimatorTrait.UNBIASED)) {
                measurement.mustBeUnbiased();
            } else if (biasShowsAtOnce()) {
                measurement.mustBeBiased();
            }
        }
    }

    /** The closed-form problems, built in and from files; where the truth itself is known it is the measure. */
    @TestFactory
    Stream<DynamicTest> what_is_unbiased_is_so_on_every_problem(TestInfo test) {
        assumeTrue(declares(EstimatorTrait.UNBIASED), "not declared unbiased");
        return ProblemFile.all().stream().map(problem -> dynamicTest(problem.name(), () -> unbiasedOn(problem, test)));
    }

    private void unbiasedOn(Problem problem, TestInfo test) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, problem.parts(rows()));
                GradientEstimator estimator = estimator()) {
            try {
                Compatibility.check(problem.name(), estimator, bench.profile(problem.program()));
            } catch (PlumblineException refusal) {
                // A setting may not fit a short sampler.
                assertTrue(
                        refusal.code() == StandardError.INCOMPATIBLE || refusal.code() == StandardError.BAD_VALUE,
                        refusal.getMessage());
                assumeTrue(false, refusal.getMessage());
            }
            Measurement measurement = new Measurement(
                    title(),
                    problem.name(),
                    bench,
                    estimator,
                    problem.program(),
                    problem.prompts(rows()),
                    problem.seed(),
                    test);
            measurement.run(replicas());
            measurement.mustBeUnbiased();
            problem.gradient(measurement.program()).ifPresent(measurement::mustHaveMean);
        }
    }

    /** All levels see the same noise. What is left of it in a mean does not vanish, so it cannot feign an order. */
    @Test
    void the_bias_vanishes_as_it_is_claimed() {
        Optional<BiasOrder> claimed = biasOrder();
        assumeTrue(claimed.isPresent(), "nothing is claimed");
        BiasOrder claim = claimed.get();
        Problem problem = ProblemFile.builtIn(claim.problem());
        double[] biases = new double[claim.levels().size()];
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < biases.length; i++) {
            BiasOrder.Level level = claim.levels().get(i);
            try (ComputeBackend backend = backend();
                    Workbench bench = Workbench.open(backend, problem.parts(rows()));
                    GradientEstimator estimator = level.estimator()) {
                SamplerProgram program = estimator.program(bench.profile(problem.program(level.calls())));
                Replicas replicas = Replicas.of(
                        bench,
                        program,
                        estimator,
                        problem.prompts(rows()),
                        bench.initialParameters(problem.seed()),
                        problem.seed(),
                        claim.replicas());
                biases[i] = replicas.relativeBias();
                found.append(String.format(
                        Locale.ROOT,
                        "; %s %.4g: relative bias %.4g (standard error %.2g)",
                        claim.parameter(),
                        level.size(),
                        biases[i],
                        replicas.relativeBiasError()));
            }
        }
        double exponent = claim.exponent(biases);
        String message = String.format(Locale.ROOT, "%s: measured order %.3f%s", title(), exponent, found);
        LOG.log(System.Logger.Level.INFO, message);
        assertTrue(
                exponent >= claim.order() - claim.tolerance(),
                () -> "claims a " + claim + ", but vanishes slower. " + message);
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void the_same_seed_gives_the_same_bits_and_another_one_others(Situation situation) {
        double[] first = firstGradient(situation, 11);
        assertArrayEquals(first, firstGradient(situation, 11), "same seed, same bits");
        assertFalse(Arrays.equals(first, firstGradient(situation, 12)), "another seed, the same bits");
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
                    estimate(bench, second, Situation.WEIGHTS, 8, 3).gradient(),
                    "an estimator that recalled the memory of another goes on otherwise: memory() is not all");
        }
    }

    /** Out of memory, device lost, not a number, a wrong shape, slow: at the first, the middle and the last network call. */
    @TestFactory
    Stream<DynamicTest> a_fault_of_the_backend_comes_through_and_leaves_nothing_behind() {
        return Arrays.stream(CrankyBackend.Fault.values())
                .flatMap(fault -> Stream.of(0.0, 0.5, 1.0)
                        .map(place -> dynamicTest(
                                fault + " after " + Math.round(100 * place) + " % of the network calls",
                                () -> checkFault(fault, place))));
    }

    private void checkFault(CrankyBackend.Fault fault, double place) {
        CrankyBackend cranky = new CrankyBackend(backend());
        MeteredBackend metered = new MeteredBackend(cranky, false);
        try (metered;
                Workbench bench = Workbench.open(metered, Situation.WEIGHTS.parts(rows()));
                GradientEstimator undisturbed = estimator();
                GradientEstimator estimator = estimator()) {
            double[] theta = bench.initialParameters(9);
            int alive = metered.aliveTensors();
            cranky.behave();
            double[] healthy =
                    estimate(bench, undisturbed, Situation.WEIGHTS, 9, 0).gradient();
            long last = cranky.calls() - 1;
            Map<String, double[]> memory = Map.copyOf(estimator.memory());

            cranky.failAt(fault, Math.round(place * last));
            double[] kept = theta.clone();
            String what = fault + " at network call " + Math.round(place * last) + " of " + (last + 1);
            double @Nullable [] found = null;
            @Nullable PlumblineException failure = null;
            SamplerProgram program = program(estimator, bench, Situation.WEIGHTS);
            try (Rollout rollout = bench.rollout(program, batch(9, 0), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 9, 0)) {
                try {
                    found = estimator.estimate(chain).gradient();
                } catch (PlumblineException expected) {
                    failure = expected;
                }
                assertArrayEquals(kept, chain.parameters(), what + ": parameters");
            }
            switch (fault) {
                case OUT_OF_MEMORY -> assertCode(StandardError.OUT_OF_MEMORY, failure, what);
                case BACKEND_LOST -> assertCode(StandardError.BACKEND_LOST, failure, what);
                case WRONG_SHAPE -> assertCode(StandardError.PLUGIN_CONTRACT, failure, what);
                case SLOW -> assertArrayEquals(healthy, found, what + ": a slow backend changes no number");
                case NOT_A_NUMBER -> {
                    if (found == null) {
                        assertCode(StandardError.NOT_FINITE, failure, what);
                    } else if (Arrays.stream(found).allMatch(Double::isFinite)) {
                        // The host refuses what is not finite. A number that looks like one must not depend on the
                        // fault.
                        assertArrayEquals(healthy, found, what + ": the fault was swallowed");
                    }
                }
            }
            assertArrayEquals(kept, theta, what + ": parameters");
            assertEquals(alive, metered.aliveTensors(), what + ": tensors leaked");

            cranky.behave();
            boolean remembers = !memory.keySet().equals(estimator.memory().keySet())
                    || estimator.memory().entrySet().stream()
                            .anyMatch(entry -> !Arrays.equals(entry.getValue(), memory.get(entry.getKey())));
            double[] again = estimate(bench, estimator, Situation.WEIGHTS, 9, 0).gradient();
            if (remembers) {
                assertEquals(healthy.length, again.length, what + ": a healthy backend afterwards");
            } else {
                assertArrayEquals(healthy, again, what + ": on a healthy backend afterwards all is as ever");
            }
        }
    }

    private static void assertCode(StandardError code, @Nullable PlumblineException failure, String what) {
        assertEquals(code, failure == null ? null : failure.code(), () -> what + " must come through as " + code);
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
