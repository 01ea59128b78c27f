package org.plumbline.kernel.study;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.record.Cost;

/**
 * The state of a trial between two updates, whole: nothing else is needed to go on. The arrays belong to the record.
 *
 * @param update updates done
 * @param theta the trained vector
 * @param behaviour theta when the present rollout was made
 * @param optimiser moments
 * @param average running average of theta, or null if none is kept
 * @param memory of the estimator
 * @param spent cost so far
 */
record TrialState(
        long update,
        double[] theta,
        double[] behaviour,
        AdamW.State optimiser,
        double @Nullable [] average,
        Map<String, double[]> memory,
        Cost spent) {
    /** A trial that has not begun. */
    static TrialState fresh(double[] theta, boolean averaged) {
        return new TrialState(
                0,
                theta,
                theta.clone(),
                new AdamW.State(0, new double[theta.length], new double[theta.length]),
                averaged ? theta.clone() : null,
                Map.of(),
                Cost.NONE);
    }

    /** The parameters to evaluate: the average where one is kept. */
    double[] evaluated() {
        return average == null ? theta : average;
    }
}
