package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.swap.Switchboard;

/**
 * Measures all estimators of a study at all its points, with replicas spread over the workers. With a folder, replicas are
 * kept in it until their point is complete, so that a measurement that was stopped goes on; what the replicas that are
 * there say is recorded in any case.
 */
final class GradientMeasurement {
    private final StudyContext context;
    private final StudyFile file;
    private final StudySettings settings;
    private final List<Trial> trials;
    private final Switchboard switchboard;
    private final @Nullable Path folder;

    /**
     * @param switchboard of the run
     * @param folder of the run, or null to keep nothing
     */
    GradientMeasurement(
            StudyContext context, StudyFile file, List<Trial> trials, Switchboard switchboard, @Nullable Path folder) {
        this.context = context;
        this.file = file;
        this.settings = file.settings();
        this.trials = trials;
        this.switchboard = switchboard;
        this.folder = folder;
    }

    /** How many replicas are not recorded yet, other studies' not counted. */
    long replicasLeft(List<RunRecord> already) {
        return (long) open(already).size() * settings.gradients().replicas();
    }

    /** Measures what is not recorded yet, with workers of its own. */
    void run(List<RunRecord> already, Consumer<RunRecord> records) {
        try (Crew crew = new Crew(settings.parallel(), () -> new Bench(context, file, switchboard, records))) {
            if (!open(already).isEmpty()) {
                run(crew, Calibration.of(crew, trials), already, records);
            } else {
                others(already, records);
            }
        }
    }

    /** Measures what is not recorded yet. */
    void run(Crew crew, Calibration calibration, List<RunRecord> already, Consumer<RunRecord> records) {
        List<GradientSettings.Point> open = open(already);
        if (!open.isEmpty()) {
            int replicas = settings.gradients().replicas();
            AtomicLong done = new AtomicLong();
            try (Progress.Task task =
                    context.progress().begin("measuring gradients", (long) open.size() * replicas, "replicas")) {
                Runnable advance = () -> {
                    synchronized (task) {
                        task.advance(done.incrementAndGet());
                    }
                };
                for (GradientSettings.Point point : open) {
                    measure(crew, calibration, point, advance, records);
                }
            }
        }
        others(already, records);
    }

    /** Points that are not recorded with as many replicas as are wanted now. */
    private List<GradientSettings.Point> open(List<RunRecord> already) {
        return GradientPoint.of(settings).stream()
                .filter(point -> !trials.stream()
                        .allMatch(trial -> already.stream()
                                .anyMatch(line -> line instanceof GradientRecord gradient
                                        && gradient.point().equals(GradientPoint.title(settings, point))
                                        && gradient.trial().equals(trial.label())
                                        && gradient.replicas()
                                                >= settings.gradients().replicas())))
                .toList();
    }

    private void measure(
            Crew crew,
            Calibration calibration,
            GradientSettings.Point wanted,
            Runnable advance,
            Consumer<RunRecord> records) {
        GradientPoint point = crew.run(
                        List.<Crew.Job<GradientPoint>>of(bench -> GradientPoint.at(bench, trials, wanted)))
                .get(0);
        CheckRecord check = crew.run(List.<Crew.Job<CheckRecord>>of(bench -> FiniteDifferenceCheck.of(bench, point)))
                .get(0);
        records.accept(check);
        ParameterGroups groups = crew.run(List.<Crew.Job<ParameterGroups>>of(bench -> new ParameterGroups(
                        bench.assembly()
                                .workbench()
                                .profile(bench.assembly().program())
                                .layout(),
                        settings.gradients().groupDepth())))
                .get(0);
        GradientQuality quality = new GradientQuality(settings, trials, point.theta());
        List<Replica> finished = new ArrayList<>();
        List<Crew.Job<Boolean>> jobs = new ArrayList<>();
        List<ReplicaFile> files = new ArrayList<>();
        int replicas = settings.gradients().replicas();
        for (long first = 0; first < replicas; first += 2) {
            List<Long> numbers = LongStream.range(first, Math.min(replicas, first + 2))
                    .boxed()
                    .toList();
            ReplicaFile kept = kept(point, numbers, files);
            jobs.add(bench -> {
                List<Replica> pair = kept == null ? null : kept.load().orElse(null);
                if (pair == null) {
                    pair = quality.replicas(bench, numbers, advance);
                    if (kept != null) {
                        kept.save(pair);
                    }
                } else {
                    numbers.forEach(number -> advance.run());
                }
                synchronized (finished) {
                    finished.addAll(pair);
                }
                return true;
            });
        }
        try {
            crew.run(jobs);
        } catch (RuntimeException | Error stopped) {
            record(calibration, point, groups, finished, records);
            throw stopped;
        }
        record(calibration, point, groups, finished, records);
        files.forEach(ReplicaFile::delete);
    }

    private @Nullable ReplicaFile kept(GradientPoint point, List<Long> numbers, List<ReplicaFile> files) {
        if (folder == null) {
            return null;
        }
        Path path = folder.resolve("replicas")
                .resolve(RunFolder.fileName(point.name()))
                .resolve(numbers.get(0) + "-" + numbers.get(numbers.size() - 1) + ".bin");
        ReplicaFile kept = new ReplicaFile(
                path,
                point.name() + ", theta " + ReplicaFile.fingerprint(point.theta()) + ", batch " + settings.batch()
                        + ", seed " + settings.gradients().seed());
        files.add(kept);
        return kept;
    }

    private void record(
            Calibration calibration,
            GradientPoint point,
            ParameterGroups groups,
            List<Replica> finished,
            Consumer<RunRecord> records) {
        if (finished.size() < 2) {
            return;
        }
        finished.sort(Comparator.comparingLong(Replica::number));
        Cost none = Cost.NONE;
        for (Trial trial : trials) {
            GradientStatistics statistics = new GradientStatistics(finished, trial.label(), settings.batch());
            records.accept(statistics.record(
                    trial,
                    point.name(),
                    settings.gradients(),
                    groups,
                    calibration.updates().getOrDefault(trial.label(), none),
                    calibration.full().getOrDefault(statistics.program(), none)));
        }
    }

    private void others(List<RunRecord> already, Consumer<RunRecord> records) {
        for (String name : settings.gradients().also()) {
            StudyFile other =
                    StudyFile.read(new Places(List.of(file.base(), Path.of(""), context.home())).resolve(name));
            StudyPlan plan = StudyPlan.of(context, other, List.of());
            GradientMeasurement measurement = new GradientMeasurement(
                    context,
                    other,
                    plan.trials(),
                    new Switchboard(Uses.backend(other.settings()), plan.needed()),
                    folder);
            if (measurement.replicasLeft(already) > 0) {
                context.progress()
                        .say("Measuring the gradients of '" + other.settings().name() + "' too.");
                measurement.run(already, records);
            }
        }
    }
}
