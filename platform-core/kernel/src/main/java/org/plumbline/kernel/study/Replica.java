package org.plumbline.kernel.study;

import java.util.List;
import java.util.Map;
import org.plumbline.kernel.record.Cost;

/**
 * What every estimator gave on one batch of samples. The arrays belong to the record.
 *
 * @param number of the replica, which decides prompts and noise
 * @param exact the true gradient of these samples by name of the sampler program
 * @param estimates by trial label
 */
record Replica(long number, Map<String, double[]> exact, Map<String, Estimate> estimates) {
    /**
     * One estimate.
     *
     * @param program name of the sampler program
     * @param gradient what was estimated
     * @param cost what it took
     * @param steps how its parts differ from those of the replica before; empty unless this one is the second of a pair
     */
    record Estimate(String program, double[] gradient, Cost cost, List<StepNoise> steps) {}

    /**
     * The noise of the part g_k of an estimate, from two independent replicas g and g' of it.
     *
     * @param time label of the network's time; NaN for what belongs to none
     * @param variance |g_k - g'_k|^2 / 2, whose mean is the trace of the covariance of g_k
     * @param covariance (g_k - g'_k) . (g - g') / 2, whose mean is the trace of the covariance of g_k with g; over all
     *     parts these add up to |g - g'|^2 / 2
     */
    record StepNoise(double time, double variance, double covariance) {}
}
