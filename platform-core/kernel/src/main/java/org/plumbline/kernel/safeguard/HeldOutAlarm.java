package org.plumbline.kernel.safeguard;

import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.Score;

/**
 * Notices reward hacking: a reward that is not trained on falls clearly below that of the pre-trained model while the
 * trained one rises. Clearly means by more standard errors of the difference than the user allows; both evaluations use
 * the same prompts and noise, which makes the true error smaller than the one used here. Speaks once about each reward.
 */
public final class HeldOutAlarm {
    private final EvaluationRecord before;
    private final double standardErrors;
    private final Set<String> told = new HashSet<>();

    /**
     * @param before evaluation of the pre-trained model
     * @param standardErrors how many make a fall a clear one
     */
    public HeldOutAlarm(EvaluationRecord before, double standardErrors) {
        this.before = before;
        this.standardErrors = standardErrors;
    }

    /** A sentence about the first held-out reward that has clearly fallen and was not told of before, if there is one. */
    public Optional<String> hear(EvaluationRecord now) {
        if (now.reward().mean() <= before.reward().mean()) {
            return Optional.empty();
        }
        for (Map.Entry<String, Score> watched : before.heldOut().entrySet()) {
            Score present = now.heldOut().get(watched.getKey());
            if (present == null || told.contains(watched.getKey())) {
                continue;
            }
            double error = Math.hypot(watched.getValue().standardError(), present.standardError());
            double fall = watched.getValue().mean() - present.mean();
            if (fall > 0 && fall > standardErrors * error) {
                told.add(watched.getKey());
                return Optional.of(String.format(
                        Locale.ROOT,
                        "held-out '%s' fell from %.4g to %.4g (%.1f standard errors) while the reward rose from %.4g"
                                + " to %.4g: the reward may be exploited",
                        watched.getKey(),
                        watched.getValue().mean(),
                        present.mean(),
                        error == 0 ? Double.POSITIVE_INFINITY : fall / error,
                        before.reward().mean(),
                        now.reward().mean()));
            }
        }
        return Optional.empty();
    }
}
