package org.plumbline.kernel.record;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One evaluation on the study's fixed prompts and noise.
 *
 * @param trial label of the trial
 * @param seed seed of the trial
 * @param update how many updates were done: 0 for the base model
 * @param spent cost of all updates so far, evaluations not included
 * @param reward the trained reward
 * @param heldOut rewards that are watched but not trained, by reward label
 * @param diversity mean distance between images of one prompt: root of the mean squared pixel difference, 0 to 1; NaN if
 *     there is one image per prompt
 */
public record EvaluationRecord(
        String trial, long seed, long update, Cost spent, Score reward, Map<String, Score> heldOut, double diversity)
        implements RunRecord {
    public EvaluationRecord {
        heldOut = Collections.unmodifiableMap(new TreeMap<>(heldOut));
    }
}
