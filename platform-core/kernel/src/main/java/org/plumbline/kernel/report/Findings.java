package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.StudyDescription;

/** What a run says, in sentences: what was compared, what came out, and what to read with care. */
final class Findings {
    /** Relative difference up to which two computations of the truth agree, in single precision. */
    private static final double AGREEMENT = 0.02;

    private final Results results;
    private final StudyDescription study;

    Findings(Results results) {
        this.results = results;
        this.study = results.study();
    }

    /** What was compared and what came out. */
    List<String> headline() {
        List<String> sentences = new ArrayList<>();
        sentences.add(compared());
        if (!results.comparable().isEmpty()) {
            sentences.add(improved());
            best(Cost::nfe, results.commonReach(Cost::nfe), spent -> Digits.value(spent) + " NFE per sample")
                    .ifPresent(sentences::add);
            best(Cost::seconds, results.commonReach(Cost::seconds), spent -> Digits.duration(spent) + " of training")
                    .ifPresent(sentences::add);
        }
        if (!results.gradients().isEmpty()) {
            results.gradients().stream()
                    .map(GradientRecord::point)
                    .distinct()
                    .forEach(point -> sentences.add(gradients(point)));
        }
        return sentences;
    }

    private String compared() {
        StudyDescription.Model model = study.model();
        StudyDescription.Training training = study.training();
        String target = " (" + model.target() + ", " + Digits.count(model.parameters(), "parameter") + ")";
        if (results.onlyGradients()) {
            return "The gradients of " + Digits.count(study.trials().size(), "estimator") + " ("
                    + labels(results.trials()) + ") of " + named(study.trainedReward()) + " on " + model.name() + target
                    + ", " + Digits.count(training.batch(), "sample") + " per estimate.";
        }
        String what = study.trials().size() == 1
                ? study.trials().get(0).label() + " fine-tunes "
                : study.trials().size() + " trials (" + labels(results.trials()) + ") fine-tune ";
        return what + model.name() + target + " for more " + named(study.trainedReward()) + ", "
                + Digits.count(training.batch(), "sample") + " per update, "
                + Digits.count(study.seeds().size(), "seed")
                + (study.trials().size() == 1 ? "" : " each") + ", within a budget of " + budget(training.budget())
                + ".";
    }

    private String improved() {
        List<TrialResult> up = results.comparable().stream()
                .filter(trial -> trial.rose(EvaluationRecord::reward))
                .toList();
        Estimate base = results.base(Results::reward);
        String clearly = study.seeds().size() == 1 ? "" : " clearly";
        String from = clearly + (base.known() ? " above the base model\u2019s " + Digits.value(base.mean()) : "");
        int all = results.trials().size();
        if (up.isEmpty()) {
            return "No trial raised the reward" + from + ".";
        }
        if (up.size() == all) {
            return (all == 1 ? "The reward rose" : "All " + all + " trials raised the reward") + from + ".";
        }
        List<TrialResult> others =
                results.trials().stream().filter(trial -> !up.contains(trial)).toList();
        String which = up.size() > others.size() ? "; not so " + labels(others) : ": " + labels(up);
        return up.size() + " of " + all + " trials raised the reward" + from + which + ".";
    }

    private Optional<String> best(ToDoubleFunction<Cost> cost, double spent, DoubleFunction<String> describe) {
        List<TrialResult> ranked = results.comparable().stream()
                .filter(trial -> trial.at(spent, cost, Results::reward).known())
                .sorted(Comparator.comparingDouble((TrialResult trial) ->
                        -trial.at(spent, cost, Results::reward).mean()))
                .toList();
        if (ranked.size() < 2 || spent <= 0) {
            return Optional.empty();
        }
        TrialResult first = ranked.get(0);
        TrialResult second = ranked.get(1);
        Estimate lead = lead(first, second, spent, cost);
        String verdict = lead.count() < 2
                ? "; one seed cannot tell this from chance"
                : lead.clearlyPositive()
                        ? " (seed by seed; beyond 95 % confidence)"
                        : " (seed by seed; this may be chance)";
        return Optional.of("After " + describe.apply(spent) + ", the most that all "
                + (results.complete().isEmpty() ? "" : "complete ") + "trials spent, " + first.label()
                + " leads with " + first.at(spent, cost, Results::reward) + ", " + lead + " above " + second.label()
                + verdict + ".");
    }

    /** Seeds share their noise between trials, so the difference is taken seed by seed. */
    private static Estimate lead(TrialResult first, TrialResult second, double spent, ToDoubleFunction<Cost> cost) {
        return Estimate.of(first.comparable().stream()
                .flatMapToDouble(a -> second.comparable().stream()
                        .filter(b -> b.seed() == a.seed())
                        .mapToDouble(b -> a.at(spent, cost, Results::reward) - b.at(spent, cost, Results::reward))));
    }

    private String gradients(String point) {
        List<GradientRecord> there = results.gradients().stream()
                .filter(gradient -> gradient.point().equals(point))
                .toList();
        List<GradientRecord> biased = there.stream()
                .filter(gradient -> gradient.verdict().certainlyBiased())
                .toList();
        String which = biased.stream()
                .map(gradient ->
                        gradient.trial() + " by " + Digits.withError(gradient.bias(), gradient.biasStandardError()))
                .collect(Collectors.joining(", "));
        String bias = biased.isEmpty()
                ? "no estimator shows a bias beyond 3 standard errors"
                : "a bias is certain for " + which + " of the true gradient\u2019s norm"
                        + (biased.size() < there.size() ? "; the others show none beyond 3 standard errors" : "");
        return "Held against the true gradient (" + point + "), " + bias + ".";
    }

    /** Runs in which the held-out alarm rang, and what it said first. */
    private void alarms(List<String> sentences) {
        for (TrialResult trial : results.trials()) {
            List<EventRecord> rung = trial.seeds().stream()
                    .flatMap(seed -> seed.events().stream()
                            .filter(event -> event.type() == EventRecord.Type.ALARM)
                            .limit(1))
                    .toList();
            if (!rung.isEmpty()) {
                sentences.add("The held-out alarm rang for " + trial.label() + " in " + rung.size() + " of "
                        + Digits.count(trial.seeds().size(), "run") + ", first after update "
                        + rung.get(0).update() + ": " + rung.get(0).message() + ".");
            }
        }
    }

    /** What to read with care. */
    List<String> caveats() {
        List<String> sentences = new ArrayList<>();
        if (!results.comparable().isEmpty() && study.seeds().size() < 3) {
            sentences.add(
                    study.seeds().size() == 1
                            ? "One seed: there is no measure of chance between runs, so small differences mean nothing."
                            : "Two seeds: error bars from two values are themselves very uncertain.");
        }
        List<TrialResult> waiting = results.trials().stream()
                .filter(trial -> trial.count(SeedResult.State.NOT_STARTED)
                        == trial.seeds().size())
                .toList();
        if (!waiting.isEmpty() && !results.onlyGradients()) {
            sentences.add("Not started: " + labels(waiting) + ".");
        }
        results.trials().stream()
                .filter(trial -> !waiting.contains(trial))
                .forEach(trial -> notFinished(trial, sentences));
        List<TrialResult> improved = results.comparable().stream()
                .filter(trial -> trial.rose(EvaluationRecord::reward))
                .toList();
        results.comparable().stream()
                .filter(trial -> !improved.contains(trial))
                .forEach(trial -> sentences.add(notImproved(trial)));
        exploited(improved, sentences);
        alarms(sentences);
        notSeen(sentences);
        results.checks().stream()
                .filter(check -> !(check.relativeDifference() < AGREEMENT))
                .map(check -> "A check of the truth fails (" + check.point() + "): " + check.name() + " give "
                        + Digits.significant(check.expected(), 4) + " and " + Digits.significant(check.found(), 4)
                        + ". Biases are measured against a truth that is in doubt.")
                .forEach(sentences::add);
        String own = results.trials().stream()
                .filter(trial -> !trial.trial().program().equals(study.sampler().name()))
                .map(trial -> trial.label() + " (" + trial.trial().program() + ")")
                .collect(Collectors.joining(", "));
        if (!own.isEmpty()) {
            sentences.add("Trained on a sampler of its own, evaluated like the others with "
                    + study.evaluation().sampler() + ": " + own + ".");
        }
        return sentences;
    }

    private void notFinished(TrialResult trial, List<String> sentences) {
        int all = trial.seeds().size();
        for (SeedResult.State state : SeedResult.State.values()) {
            List<SeedResult> such =
                    trial.seeds().stream().filter(seed -> seed.state() == state).toList();
            if (such.isEmpty() || state == SeedResult.State.FINISHED) {
                continue;
            }
            String seeds = such.stream().map(seed -> "" + seed.seed()).collect(Collectors.joining(", "));
            String which = such.size() == all ? "" : (such.size() == 1 ? " (seed " : " (seeds ") + seeds + ")";
            String updates = such.stream()
                    .map(seed -> "" + seed.updates().size())
                    .distinct()
                    .collect(Collectors.joining(" and "));
            String how = switch (state) {
                case NOT_STARTED -> "not started";
                case FAILED -> "failed after " + updates + " updates";
                case STOPPED_EARLY -> "stopped early after " + updates + " updates";
                default -> "not finished, " + updates + " updates so far";
            };
            boolean telling = state == SeedResult.State.FAILED || state == SeedResult.State.STOPPED_EARLY;
            String why = such.stream()
                    .map(SeedResult::reason)
                    .filter(reason -> telling && !reason.isBlank())
                    .distinct()
                    .collect(Collectors.joining("; "));
            sentences.add(trial.label() + which + ": " + how + (why.isEmpty() ? "" : " (" + why + ")") + ".");
        }
    }

    /** Says what the records hold on why a trial's reward did not rise. */
    private String notImproved(TrialResult trial) {
        Estimate gain = trial.gain(Results::reward);
        String clearly = gain.count() == 1 ? "" : " clearly";
        String not =
                trial.label() + " did not" + clearly + " improve (" + Digits.change(gain.mean(), gain.error()) + "): ";
        if (gain.mean() > 2 * gain.error() && gain.count() > 2) {
            return not + "with " + gain.count() + " seeds, the 95 % interval of its gain still holds zero.";
        }
        List<String> reasons = new ArrayList<>();
        if (gain.mean() > 0 && gain.count() == 2) {
            reasons.add("its rise is within the errors of its evaluations");
        }
        long updates = trial.comparable().stream()
                .mapToLong(seed -> seed.last().update())
                .max()
                .orElse(0);
        if (updates < 10) {
            reasons.add("the budget allowed only " + Digits.count(updates, "update"));
        }
        // The first point is where training starts.
        for (GradientRecord gradient : trial.gradients().stream().limit(1).toList()) {
            double noise =
                    Math.sqrt(gradient.relativeVariance() / study.training().batch());
            if (noise > 3) {
                reasons.add("the noise of one update is " + Digits.significant(noise, 2) + " times the true gradient ("
                        + gradient.point() + ")");
            }
            if (gradient.cosine() + 2 * gradient.cosineStandardError() < 0.3) {
                reasons.add("its mean gradient has cosine "
                        + Digits.withError(gradient.cosine(), gradient.cosineStandardError())
                        + " to the true one (" + gradient.point() + ")");
            }
        }
        double clipped = trial.perUpdate(update -> update.clipped() ? 1 : 0);
        if (clipped > 0.9) {
            reasons.add(Digits.value(100 * clipped) + " % of its updates were clipped");
        }
        String why = reasons.isEmpty()
                ? "the records give no reason; the learning rate is the first thing to vary"
                : String.join(", and ", reasons);
        return not + why + ".";
    }

    /** A reward that rises while others fall may be exploited. */
    private void exploited(List<TrialResult> improved, List<String> sentences) {
        for (String label : results.heldOut()) {
            String fallen = improved.stream()
                    .filter(trial -> trial.fell(Results.heldOutScore(label)))
                    .map(trial -> {
                        Estimate gain = trial.gain(Results.heldOut(label));
                        return trial.label() + " by " + Digits.withError(-gain.mean(), gain.error());
                    })
                    .collect(Collectors.joining(", "));
            if (!fallen.isEmpty()) {
                String unit = results.unit(label);
                sentences.add("While the reward rose, held-out " + label + (unit.isEmpty() ? "" : " (" + unit + ")")
                        + " fell: " + fallen + ". The trained reward may be exploited.");
            }
        }
        double base = results.base(EvaluationRecord::diversity).mean();
        for (TrialResult trial : improved) {
            double last = trial.last(EvaluationRecord::diversity).mean();
            if (last < 0.7 * base) {
                sentences.add("The images of " + trial.label() + " became alike: diversity fell to "
                        + Digits.value(100 * last / base) + " % of the base model\u2019s.");
            }
        }
    }

    /** An estimator that was measured too coarsely is not shown to be unbiased. */
    private void notSeen(List<String> sentences) {
        results.gradients().stream().map(GradientRecord::point).distinct().forEach(point -> {
            String coarse = results.gradients().stream()
                    .filter(gradient -> gradient.point().equals(point)
                            && gradient.verdict().kind() == GradientRecord.Verdict.Kind.UNDECIDED)
                    .map(gradient -> gradient.trial() + " (up to "
                            + Digits.significant(gradient.detectableBias(), 2) + " could hide; about "
                            + Digits.whole(gradient.verdict().replicasNeeded()) + " replicas would decide)")
                    .collect(Collectors.joining(", "));
            if (!coarse.isEmpty()) {
                sentences.add("Measured too coarsely to call unbiased (" + point
                        + "), biases in units of the true gradient\u2019s norm: " + coarse + ".");
            }
        });
    }

    static String budget(StudyDescription.Budget budget) {
        return switch (budget.unit()) {
            case UPDATES -> Digits.count(Math.round(budget.amount()), "update");
            case NFE -> Digits.fixed(budget.amount(), 0) + " NFE per sample";
            case SECONDS -> Digits.duration(budget.amount());
        };
    }

    static String named(StudyDescription.Reward reward) {
        return reward.unit().isEmpty() ? reward.label() : reward.label() + " (" + reward.unit() + ")";
    }

    private static String labels(List<TrialResult> trials) {
        return trials.stream().map(TrialResult::label).collect(Collectors.joining(", "));
    }

    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
