package org.plumbline.kernel.record;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One update of the parameters.
 *
 * @param trial label of the trial
 * @param seed seed of the trial
 * @param update how many updates are done with this one: 1 for the first
 * @param cost of this update alone, evaluations of the trial not included
 * @param reward mean over the samples of the update
 * @param rewardSd standard deviation over these samples
 * @param gradientNorm Euclidean norm of the estimate, before clipping
 * @param clipped whether the estimate was scaled down
 * @param diagnostics what the estimator and the optimiser tell of themselves, by kebab-case name
 */
public record UpdateRecord(
        String trial,
        long seed,
        long update,
        Cost cost,
        double reward,
        double rewardSd,
        double gradientNorm,
        boolean clipped,
        Map<String, Double> diagnostics)
        implements RunRecord {
    public UpdateRecord {
        diagnostics = Collections.unmodifiableMap(new TreeMap<>(diagnostics));
    }
}
