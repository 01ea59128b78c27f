package org.plumbline.kernel.report;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.Score;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.kernel.record.UpdateRecord;

/**
 * One trial with all its seeds.
 *
 * @param index place in the study, from 0; decides colour and marker
 * @param trial what it is
 * @param seeds in the study's order
 * @param gradients measurements of its estimator on the study's own problem, in order
 */
record TrialResult(int index, StudyDescription.Trial trial, List<SeedResult> seeds, List<GradientRecord> gradients) {
    String label() {
        return trial.label();
    }

    /** Seeds with a curve. */
    List<SeedResult> comparable() {
        return seeds.stream().filter(SeedResult::comparable).toList();
    }

    long count(SeedResult.State state) {
        return seeds.stream().filter(seed -> seed.state() == state).count();
    }

    Estimate gain(ToDoubleFunction<EvaluationRecord> value) {
        return Estimate.of(comparable().stream().mapToDouble(seed -> seed.gain(value)));
    }

    /**
     * Whether a value rose beyond chance: with 95 % confidence over seeds, or in both of two seeds beyond the errors of
     * the evaluations. One seed cannot tell; any rise counts then.
     */
    boolean rose(Function<EvaluationRecord, Score> score) {
        Estimate gain = gain(evaluation -> score.apply(evaluation).mean());
        return gain.clearlyPositive() || (gain.count() == 2 && inEverySeed(1, score));
    }

    /** Whether a value fell beyond chance: like {@link #rose}, but one seed must fall beyond the errors, too. */
    boolean fell(Function<EvaluationRecord, Score> score) {
        Estimate gain = gain(evaluation -> score.apply(evaluation).mean());
        return (gain.count() > 1 && gain.clearlyNegative()) || (gain.count() < 3 && inEverySeed(-1, score));
    }

    private boolean inEverySeed(int sign, Function<EvaluationRecord, Score> score) {
        return comparable().stream().allMatch(seed -> {
            Score before = score.apply(seed.base());
            Score after = score.apply(seed.last());
            double error = Math.hypot(before.standardError(), after.standardError());
            return sign * (after.mean() - before.mean()) > (Double.isFinite(error) ? error : 0);
        });
    }

    Estimate last(ToDoubleFunction<EvaluationRecord> value) {
        return Estimate.of(comparable().stream().mapToDouble(seed -> value.applyAsDouble(seed.last())));
    }

    /** Mean over the seeds when each had spent this much; unknown unless all comparable seeds came so far. */
    Estimate at(double spent, ToDoubleFunction<Cost> cost, ToDoubleFunction<EvaluationRecord> value) {
        double[] values = comparable().stream()
                .mapToDouble(seed -> seed.at(spent, cost, value))
                .toArray();
        boolean all = values.length > 0 && DoubleStream.of(values).allMatch(Double::isFinite);
        return Estimate.of(all ? DoubleStream.of(values) : DoubleStream.empty());
    }

    /** Where the shortest of its curves ends; 0 if there is none. */
    double reach(ToDoubleFunction<Cost> cost) {
        return comparable().stream().mapToDouble(seed -> seed.reach(cost)).min().orElse(0);
    }

    /** Mean over all updates of all seeds; NaN if there are none. */
    double perUpdate(ToDoubleFunction<UpdateRecord> value) {
        return updates().mapToDouble(value).average().orElse(Double.NaN);
    }

    /** Largest memory of any update, or of an estimate if updates were not measured; 0 if neither was. */
    long peakBytes() {
        long ofUpdates =
                updates().mapToLong(update -> update.cost().peakBytes()).max().orElse(0);
        return ofUpdates > 0
                ? ofUpdates
                : gradients.stream()
                        .mapToLong(gradient -> gradient.cost().peakBytes())
                        .max()
                        .orElse(0);
    }

    private java.util.stream.Stream<UpdateRecord> updates() {
        return seeds.stream().flatMap(seed -> seed.updates().stream());
    }
}
