package org.plumbline.testkit.estimator;

import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Independent replicas of an estimate, each beside the exact discrete adjoint of the same samples. The difference of the
 * two has the estimator's bias as its mean, and often much less variance than the estimate.
 *
 * @param estimate moments of the estimates, each the mean over a batch
 * @param exact moments of the exact adjoints
 * @param difference moments of estimate minus exact
 * @param rows samples per batch
 */
public record Replicas(VectorMoments estimate, VectorMoments exact, VectorMoments difference, int rows) {
    /**
     * Makes replicas.
     *
     * @param bench the chain
     * @param program what is sampled
     * @param estimator used for all replicas, in order
     * @param prompts one per row
     * @param theta where the gradient is estimated
     * @param seed of noise and of the estimator's own decisions
     * @param count how many
     */
    public static Replicas of(
            Workbench bench,
            SamplerProgram program,
            GradientEstimator estimator,
            List<String> prompts,
            double[] theta,
            long seed,
            int count) {
        Replicas replicas = none(theta.length, prompts.size());
        for (int r = 0; r < count; r++) {
            replicas.add(bench, program, estimator, prompts, theta, seed, r);
        }
        return replicas;
    }

    /** No replicas yet, of gradients of this length. */
    static Replicas none(int length, int rows) {
        return new Replicas(new VectorMoments(length), new VectorMoments(length), new VectorMoments(length), rows);
    }

    /** Adds the replica of this number. */
    void add(
            Workbench bench,
            SamplerProgram program,
            GradientEstimator estimator,
            List<String> prompts,
            double[] theta,
            long seed,
            long number) {
        Batch batch = new Batch(prompts, NoiseSource.keyed(seed, "replica", number));
        try (Rollout rollout = bench.rollout(program, batch, theta);
                SamplingChain chain = bench.chain(rollout, theta, seed, number)) {
            double[] one = estimator.estimate(chain).gradient();
            double[] adjoint =
                    chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(prompts.size()));
            estimate.add(one);
            exact.add(adjoint);
            difference.add(Vectors.difference(one, adjoint));
        }
    }

    /** |mean difference| / |mean exact|. */
    public double relativeBias() {
        return Vectors.norm(difference.mean()) / Vectors.norm(exact.mean());
    }

    /** The standard error of {@link #relativeBias}: the root of the summed squared errors of the components. */
    public double relativeBiasError() {
        return Vectors.norm(difference.standardError()) / Vectors.norm(exact.mean());
    }

    /** The cosine of the angle between the mean estimate and the mean exact gradient. */
    public double cosine() {
        return Vectors.cosine(estimate.mean(), exact.mean());
    }

    /** Variance of the estimate, summed over components, times the rows: what one sample contributes. */
    public double variancePerSample() {
        return estimate.totalVariance() * rows;
    }

    /** The same for the exact adjoint. */
    public double exactVariancePerSample() {
        return exact.totalVariance() * rows;
    }
}
