package org.plumbline.kernel.safeguard;

import java.util.Map;
import java.util.TreeMap;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Measures, at the present parameters of a run, how much of one estimate is noise: several independent estimates, the
 * trace of their covariance, and the squared length of the gradient without the part that the noise adds to it.
 */
public final class VarianceMeter {
    /** Where the batches of the estimates come from. */
    @FunctionalInterface
    public interface Batches {
        /** The batch of an estimate. */
        Batch of(long number);
    }

    private final int replicas;
    private final Batches batches;

    /**
     * @param replicas estimates per measurement, at least 2
     * @param batches samples that are not used for training
     */
    public VarianceMeter(int replicas, Batches batches) {
        if (replicas < 2) {
            throw new IllegalArgumentException("a variance needs at least 2 replicas, not " + replicas);
        }
        this.replicas = replicas;
        this.batches = batches;
    }

    /**
     * Measures. What the estimator remembers is put back afterwards.
     *
     * @param program of the present rollout
     * @param seed of the run
     * @param update number of the update
     * @return {@code meter-variance}, {@code meter-squared-length} (may be negative, being unbiased) and, where the latter
     *     is positive, {@code meter-relative-variance}
     */
    public Map<String, Double> measure(
            Workbench workbench,
            GradientEstimator estimator,
            SamplerProgram program,
            double[] theta,
            long seed,
            long update) {
        Map<String, double[]> memory = Map.copyOf(estimator.memory());
        VectorMoments moments = new VectorMoments(theta.length);
        // Estimators that take several updates per rollout do something else on the first one.
        long first = update - update % estimator.updatesPerRollout();
        for (int i = 0; i < replicas; i++) {
            long number = update * replicas + i;
            long own = NoiseStream.of(seed, "variance-meter", number).nextLong();
            try (Rollout rollout = workbench.rollout(program, batches.of(number), theta);
                    SamplingChain chain = workbench.chain(rollout, theta, own, first)) {
                moments.add(estimator.estimate(chain).gradient());
            }
        }
        estimator.recall(memory);
        double variance = moments.totalVariance();
        double length = Vectors.dot(moments.mean(), moments.mean()) - variance / replicas;
        Map<String, Double> measured = new TreeMap<>();
        measured.put("meter-variance", variance);
        measured.put("meter-squared-length", length);
        if (length > 0) {
            measured.put("meter-relative-variance", variance / length);
        }
        return measured;
    }
}
