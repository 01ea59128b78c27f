package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.problem.Problem;
import org.plumbline.testkit.problem.ProblemFile;

/**
 * What the estimates of an estimator are on average.
 *
 * <p>These tests draw from a fixed seed, so they always end alike. They reject at a level of 1e-3 for all components of the
 * gradient together (Holm). {@code -Dplumbline.contract.seed} and {@code -Dplumbline.contract.replicas} change the seed and
 * the number of replicas; every result is logged with the line that repeats it.
 */
public abstract class ExpectationContract extends EstimatorFixture {
    ExpectationContract() {}

    private static final System.Logger LOG = System.getLogger(GradientEstimatorContract.class.getName());

    private static final long SEED = 20240229;

    /** How many batches an expectation is measured on at most; fewer do where the standard error is small. */
    protected int replicas() {
        return 1000;
    }

    /**
     * Whether an estimator that is not {@link EstimatorTrait#UNBIASED} shows its bias on the first update of a rollout;
     * false if the bias comes later, for example by clipping, or is too small in a situation to show at this precision.
     */
    protected boolean biasShowsAtOnce() {
        return true;
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
}
