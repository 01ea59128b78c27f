package org.plumbline.kernel.report;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.Measurements;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.Score;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.record.UpdateRecord;

/**
 * A run's records, put in order by trial and seed. Where a trial was resumed, the updates that were done anew replace the
 * ones of before.
 *
 * @param study what was asked
 * @param trials in the study's order
 * @param gradients of all trials, in order, those on further problems included
 * @param checks of the true gradient
 * @param swaps changes of backend while the run went on
 * @param runEvents events that concern the whole run
 */
record Results(
        StudyDescription study,
        List<TrialResult> trials,
        List<GradientRecord> gradients,
        List<CheckRecord> checks,
        List<SwapReport> swaps,
        List<EventRecord> runEvents) {
    static Results of(RunFolder folder) {
        StudyDescription study = folder.description();
        Map<String, Map<Long, Collector>> collectors = new HashMap<>();
        List<EventRecord> runEvents = new ArrayList<>();
        List<SwapReport> swaps = new ArrayList<>();
        List<RunRecord> records = folder.records();
        Measurements measured = Measurements.of(study.name(), records);
        List<GradientRecord> gradients = measured.gradients();
        for (RunRecord line : records) {
            if (line instanceof UpdateRecord update) {
                collector(collectors, update.trial(), update.seed()).updates.put(update.update(), update);
            } else if (line instanceof EvaluationRecord evaluation) {
                collector(collectors, evaluation.trial(), evaluation.seed())
                        .evaluations
                        .put(evaluation.update(), evaluation);
            } else if (line instanceof SwapReport swap) {
                swaps.add(swap);
            } else if (line instanceof EventRecord event) {
                String trial = event.trial();
                Long seed = event.seed();
                if (trial == null || seed == null) {
                    runEvents.add(event);
                } else {
                    collector(collectors, trial, seed).accept(event);
                }
            }
        }
        List<TrialResult> trials = new ArrayList<>();
        for (StudyDescription.Trial trial : study.trials()) {
            Map<Long, Collector> ofTrial = collectors.getOrDefault(trial.label(), Map.of());
            trials.add(new TrialResult(
                    trials.size(),
                    trial,
                    study.seeds().stream()
                            .map(seed ->
                                    ofTrial.getOrDefault(seed, new Collector()).result(seed))
                            .toList(),
                    gradients.stream()
                            .filter(gradient -> gradient.trial().equals(trial.label())
                                    && (!gradient.point().contains(":")
                                            || gradient.point().startsWith(study.name() + ":")))
                            .toList()));
        }
        return new Results(
                study, List.copyOf(trials), gradients, measured.checks(), List.copyOf(swaps), List.copyOf(runEvents));
    }

    /** Trials with at least one curve. */
    List<TrialResult> comparable() {
        return trials.stream().filter(trial -> !trial.comparable().isEmpty()).toList();
    }

    /** Trials of which every seed used its budget. */
    List<TrialResult> complete() {
        return comparable().stream()
                .filter(trial ->
                        trial.count(SeedResult.State.FINISHED) == trial.seeds().size())
                .toList();
    }

    /** The largest cost that all complete trials reached, or all comparable ones if none is complete; 0 if there are none. */
    double commonReach(ToDoubleFunction<Cost> cost) {
        List<TrialResult> deciding = complete().isEmpty() ? comparable() : complete();
        return deciding.stream().mapToDouble(trial -> trial.reach(cost)).min().orElse(0);
    }

    /** The base model's value: the mean of all evaluations before the first update. */
    Estimate base(ToDoubleFunction<EvaluationRecord> value) {
        return Estimate.of(trials.stream()
                .flatMap(trial -> trial.seeds().stream())
                .filter(seed -> !seed.evaluations().isEmpty() && seed.base().update() == 0)
                .mapToDouble(seed -> value.applyAsDouble(seed.base())));
    }

    /** True for a run that is finished and of which only the gradients were asked for. */
    boolean onlyGradients() {
        return runEvents.stream().anyMatch(event -> event.type() == EventRecord.Type.FINISHED)
                && trials.stream()
                        .flatMap(trial -> trial.seeds().stream())
                        .allMatch(seed -> seed.state() == SeedResult.State.NOT_STARTED);
    }

    /** How many trials ran at the same time, at most; they share the machine, which makes each of them slower. */
    int atOnce() {
        record Change(Instant time, int by) {}
        List<Change> changes = new ArrayList<>();
        for (TrialResult trial : trials) {
            for (SeedResult seed : trial.seeds()) {
                boolean running = false;
                for (EventRecord event : seed.events()) {
                    boolean begins =
                            event.type() == EventRecord.Type.STARTED || event.type() == EventRecord.Type.RESUMED;
                    if (event.type() != EventRecord.Type.PLUGIN_SWAPPED && begins != running) {
                        changes.add(new Change(event.time(), begins ? 1 : -1));
                        running = begins;
                    }
                }
            }
        }
        changes.sort(Comparator.comparing(Change::time).thenComparing(Change::by));
        int now = 0;
        int most = 1;
        for (Change change : changes) {
            now += change.by();
            most = Math.max(most, now);
        }
        return most;
    }

    /** Labels of the held-out rewards that were measured. */
    List<String> heldOut() {
        return trials.stream()
                .flatMap(trial -> trial.seeds().stream())
                .flatMap(seed -> seed.evaluations().stream())
                .flatMap(evaluation -> evaluation.heldOut().keySet().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** Reads a held-out reward of an evaluation; NaN where it was not measured. */
    static ToDoubleFunction<EvaluationRecord> heldOut(String label) {
        return evaluation -> heldOutScore(label).apply(evaluation).mean();
    }

    /** Reads a held-out reward of an evaluation; NaN where it was not measured. */
    static Function<EvaluationRecord, Score> heldOutScore(String label) {
        return evaluation -> evaluation.heldOut().getOrDefault(label, new Score(Double.NaN, Double.NaN));
    }

    /** Reads the trained reward of an evaluation. */
    static double reward(EvaluationRecord evaluation) {
        return evaluation.reward().mean();
    }

    /** The unit of a reward of the study; empty if it is not described. */
    String unit(String reward) {
        return study.rewards().stream()
                .filter(description -> description.label().equals(reward))
                .map(StudyDescription.Reward::unit)
                .findFirst()
                .orElse("");
    }

    private static Collector collector(Map<String, Map<Long, Collector>> all, String trial, long seed) {
        return all.computeIfAbsent(trial, label -> new HashMap<>()).computeIfAbsent(seed, number -> new Collector());
    }

    /** Gathers what belongs to one trial and seed. */
    private static final class Collector {
        final SortedMap<Long, UpdateRecord> updates = new TreeMap<>();
        final SortedMap<Long, EvaluationRecord> evaluations = new TreeMap<>();
        final List<EventRecord> events = new ArrayList<>();

        void accept(EventRecord event) {
            events.add(event);
            boolean begins = event.type() == EventRecord.Type.STARTED || event.type() == EventRecord.Type.RESUMED;
            Long update = event.update();
            if (begins && update != null) {
                updates.tailMap(update + 1).clear();
                evaluations.tailMap(update + 1).clear();
            }
        }

        SeedResult result(long seed) {
            @Nullable EventRecord deciding = null;
            for (EventRecord event : events) {
                if (event.type() != EventRecord.Type.PLUGIN_SWAPPED) {
                    deciding = event;
                }
            }
            return new SeedResult(
                    seed,
                    List.copyOf(updates.values()),
                    List.copyOf(evaluations.values()),
                    state(deciding),
                    deciding == null ? "" : deciding.message(),
                    List.copyOf(events));
        }

        private SeedResult.State state(@Nullable EventRecord deciding) {
            if (deciding == null) {
                return updates.isEmpty() && evaluations.isEmpty()
                        ? SeedResult.State.NOT_STARTED
                        : SeedResult.State.UNFINISHED;
            }
            return switch (deciding.type()) {
                case FAILED -> SeedResult.State.FAILED;
                case STOPPED_EARLY -> SeedResult.State.STOPPED_EARLY;
                case FINISHED -> SeedResult.State.FINISHED;
                case STARTED, RESUMED, PLUGIN_SWAPPED, ALARM, SKIPPED -> SeedResult.State.UNFINISHED;
            };
        }
    }
}
