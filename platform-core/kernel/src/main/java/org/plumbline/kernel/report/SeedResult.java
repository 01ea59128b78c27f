package org.plumbline.kernel.report;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.UpdateRecord;

/**
 * One trial with one seed.
 *
 * @param updates in order, each once
 * @param evaluations in order, each once
 * @param state how far it came
 * @param reason the message of the event that made the state; empty if there is none
 * @param events all of them, in order
 */
record SeedResult(
        long seed,
        List<UpdateRecord> updates,
        List<EvaluationRecord> evaluations,
        State state,
        String reason,
        List<EventRecord> events) {
    /** How far a trial came. */
    enum State {
        NOT_STARTED,
        UNFINISHED,
        FAILED,
        STOPPED_EARLY,
        FINISHED
    }

    EvaluationRecord base() {
        return evaluations.get(0);
    }

    EvaluationRecord last() {
        return evaluations.get(evaluations.size() - 1);
    }

    /** True if it was evaluated before and after some updates. */
    boolean comparable() {
        return evaluations.size() > 1;
    }

    /** Change from the first to the last evaluation. */
    double gain(ToDoubleFunction<EvaluationRecord> value) {
        return comparable() ? value.applyAsDouble(last()) - value.applyAsDouble(base()) : Double.NaN;
    }

    /** Where its curve ends. */
    double reach(ToDoubleFunction<Cost> cost) {
        return comparable() ? cost.applyAsDouble(last().spent()) : 0;
    }

    /** Its value when it had spent this much, straight between evaluations; NaN beyond the last one. */
    double at(double spent, ToDoubleFunction<Cost> cost, ToDoubleFunction<EvaluationRecord> value) {
        for (int k = 0; k < evaluations.size(); k++) {
            double x = cost.applyAsDouble(evaluations.get(k).spent());
            double y = value.applyAsDouble(evaluations.get(k));
            if (x >= spent) {
                if (k == 0 || x == spent) {
                    return y;
                }
                double before = cost.applyAsDouble(evaluations.get(k - 1).spent());
                double valueBefore = value.applyAsDouble(evaluations.get(k - 1));
                return valueBefore + (y - valueBefore) * (spent - before) / (x - before);
            }
        }
        return Double.NaN;
    }
}
