package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;

/** An estimator in a situation: what all parts of its contract start from. */
public abstract class EstimatorFixture {
    EstimatorFixture() {}

    /** Where networks run; in float64, so that nothing but sampling noise is left. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** A new estimator, always in the same configuration. */
    protected abstract GradientEstimator estimator();

    /** Samples per batch. */
    protected int rows() {
        return 32;
    }

    /**
     * Whether it judges the clean sample that the denoiser predicts in the middle of the chain. Then the steps take the
     * network's output away, as a denoising chain does, where they add it otherwise; without that the prediction would
     * point away from the end of the chain. It also reports the rewards of these predictions and not of samples.
     */
    protected boolean judgesPredictions() {
        return false;
    }

    GradientEstimate estimate(
            Workbench bench, GradientEstimator estimator, Situation situation, long seed, long update) {
        double[] theta = bench.initialParameters(seed);
        try (Rollout rollout = bench.rollout(program(estimator, bench, situation), batch(seed, update), theta);
                SamplingChain chain = bench.chain(rollout, theta, seed, update)) {
            return estimator.estimate(chain);
        }
    }

    Batch batch(long seed, long number) {
        return new Batch(Situation.prompts(rows()), NoiseSource.keyed(seed, "contract", number));
    }

    /** An estimator may refuse a situation, but not the plain one, and only for a reason of the user's making. */
    boolean accepts(GradientEstimator estimator, Workbench bench, Situation situation) {
        try {
            Compatibility.check(situation.name(), estimator, bench.profile(sampled(situation)));
            return true;
        } catch (PlumblineException refusal) {
            assertTrue(situation != Situation.WEIGHTS, refusal::getMessage);
            assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal.getMessage());
            return false;
        }
    }

    SamplerProgram program(GradientEstimator estimator, Workbench bench, Situation situation) {
        return estimator.program(bench.profile(sampled(situation)));
    }

    SamplerProgram sampled(Situation situation) {
        return sampled(situation, Situation.CALLS);
    }

    SamplerProgram sampled(Situation situation, int calls) {
        SamplerProgram program = situation.program(calls);
        return judgesPredictions() ? Situation.denoising(program) : program;
    }

    boolean declares(EstimatorTrait trait) {
        try (GradientEstimator estimator = estimator()) {
            return estimator.traits().contains(trait);
        }
    }

    String title() {
        return getClass().getSimpleName();
    }

    double[] firstGradient(Situation situation, long seed) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, situation.parts(rows()));
                GradientEstimator estimator = estimator()) {
            assumeTrue(accepts(estimator, bench, situation));
            return estimate(bench, estimator, situation, seed, 0).gradient();
        }
    }
}
