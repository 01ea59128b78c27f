package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.RunWriter;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.LeasedBackend;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.error.ErrorCode;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Runs a plan: measures the gradients, fine-tunes every trial with every seed, and records everything. */
public final class Study {
    /** Two trials at the same time on two cores take this much longer each than one alone. */
    private static final double CROWDING = 1.25;

    private final StudyContext context;
    private final StudyPlan plan;
    private final StudySettings settings;
    private final Switchboard switchboard;

    /** A study that has not begun. */
    public Study(StudyContext context, StudyPlan plan) {
        this.context = context;
        this.plan = plan;
        this.settings = plan.file().settings();
        this.switchboard = new Switchboard(Uses.backend(settings), plan.needed());
    }

    /** Which backend it runs on, and what became of orders so far. */
    public Switchboard switchboard() {
        return switchboard;
    }

    /**
     * Orders another backend for a study that runs, or will; the workers go over at their next step boundaries. Waits for
     * nothing. Thread-safe.
     *
     * @throws PlumblineException if the backend is not there, cannot be opened, or lacks what the study needs
     */
    public Switchboard.Ticket order(BackendChoice choice) {
        try (LeasedBackend candidate =
                LeasedBackend.of(context.catalog(), choice, plan.file().base())) {
            candidate.requireCapabilities(switchboard.needed());
            candidate.backend().open().close();
        }
        return switchboard.order(choice);
    }

    /**
     * Runs or continues the study.
     *
     * @param output folder of the run
     * @param resume whether to continue the run that is there
     * @return the run, complete
     * @throws PlumblineException {@link StandardError#INTERRUPTED} if it was asked to stop, {@link
     *     StandardError#UNWRITABLE_OUTPUT}, or a summary of the trials that failed; the record is complete up to there
     */
    public RunFolder run(Path output, boolean resume) {
        try (RunWriter run =
                resume ? RunFolder.resume(output, plan.description()) : RunFolder.create(output, plan.description())) {
            List<RunRecord> already = run.folder().records();
            run.append(EventRecord.ofRun(
                    resume ? EventRecord.Type.RESUMED : EventRecord.Type.STARTED, "the study begins"));
            try (Crew crew = new Crew(settings.parallel(), () -> bench(run))) {
                Calibration calibration = Calibration.of(crew, plan.trials());
                announce(calibration, already);
                if (settings.gradients().replicas() > 0) {
                    measurement(output).run(crew, calibration, already, run::append);
                }
                fineTune(crew, run, calibration, finished(already));
                run.append(EventRecord.ofRun(EventRecord.Type.FINISHED, "the study is complete"));
            } catch (PlumblineException failure) {
                stopped(run, failure);
                throw failure;
            }
            return run.folder();
        }
    }

    /** Measures the gradients only, and records nothing. */
    public List<GradientRecord> gradients() {
        requireReplicas();
        List<GradientRecord> records = new ArrayList<>();
        measurement(null).run(List.of(), line -> {
            if (line instanceof GradientRecord gradient) {
                records.add(gradient);
            }
        });
        return records;
    }

    /**
     * Measures the gradients only, or goes on with it, and records them.
     *
     * @param output folder of the run
     * @param resume whether to continue the run that is there
     * @return the run, complete
     * @throws PlumblineException {@link StandardError#INTERRUPTED} if it was asked to stop; what was measured up to there
     *     is recorded, and a continued run goes on from it
     */
    public RunFolder measure(Path output, boolean resume) {
        requireReplicas();
        try (RunWriter run =
                resume ? RunFolder.resume(output, plan.description()) : RunFolder.create(output, plan.description())) {
            run.append(EventRecord.ofRun(
                    resume ? EventRecord.Type.RESUMED : EventRecord.Type.STARTED, "the measurement begins"));
            try {
                measurement(output).run(run.folder().records(), run::append);
                run.append(EventRecord.ofRun(EventRecord.Type.FINISHED, "all gradients are measured"));
            } catch (PlumblineException failure) {
                stopped(run, failure);
                throw failure;
            }
            return run.folder();
        }
    }

    private void requireReplicas() {
        if (settings.gradients().replicas() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("gradients.replicas: " + settings.gradients().replicas())
                    .available("at least 2")
                    .build();
        }
    }

    private GradientMeasurement measurement(@Nullable Path folder) {
        return new GradientMeasurement(context, plan.file(), plan.trials(), switchboard, folder);
    }

    private Bench bench(RunWriter run) {
        return new Bench(context, plan.file(), switchboard, run::append);
    }

    private void announce(Calibration calibration, List<RunRecord> already) {
        double seconds =
                calibration.trainingSeconds(settings) * settings.seeds().size();
        seconds += calibration.replicaSeconds() * (double) measurement(null).replicasLeft(already);
        int workers = settings.parallel();
        double wall = workers == 1 ? seconds : seconds / workers * CROWDING;
        context.progress()
                .say(String.format(
                        Locale.ROOT,
                        "Study '%s': %d trials x %d seeds, %d samples per update, about %s.",
                        settings.name(),
                        plan.trials().size(),
                        settings.seeds().size(),
                        settings.batch(),
                        text(Duration.ofMillis(Math.round(wall * 1000)))));
    }

    private static String text(Duration time) {
        long seconds = Math.max(1, time.toSeconds());
        return seconds < 100
                ? seconds + " s"
                : seconds < 6000 ? Math.round(seconds / 60.0) + " min" : Math.round(seconds / 360.0) / 10.0 + " h";
    }

    private static void stopped(RunWriter run, PlumblineException failure) {
        run.append(EventRecord.ofRun(
                failure.code() == StandardError.INTERRUPTED ? EventRecord.Type.STOPPED_EARLY : EventRecord.Type.FAILED,
                String.valueOf(failure.getMessage())));
    }

    private void fineTune(Crew crew, RunWriter run, Calibration calibration, Set<String> finished) {
        record Job(Trial trial, long seed) {}
        List<Job> open = new ArrayList<>();
        for (long seed : settings.seeds()) {
            for (Trial trial : plan.trials()) {
                if (!finished.contains(key(trial.label(), seed))) {
                    open.add(new Job(trial, seed));
                }
            }
        }
        // The longest first, so that no worker is left with a long one at the end.
        open.sort((a, b) -> Double.compare(seconds(calibration, b.trial), seconds(calibration, a.trial)));
        long total = open.stream()
                .mapToLong(job -> calibration.updates(settings, job.trial.label()))
                .sum();
        List<String> failures = new ArrayList<>();
        List<ErrorCode> codes = new ArrayList<>();
        Map<String, Double> latest = new LinkedHashMap<>();
        AtomicLong done = new AtomicLong();
        try (Progress.Task task = context.progress().begin("fine-tuning", total, "updates")) {
            FineTuning.Listener listener = (trial, seed, update, reward, last) -> {
                synchronized (task) {
                    latest.put(trial.label(), reward);
                    task.advance(Math.min(total, done.incrementAndGet()), new LinkedHashMap<>(latest));
                }
            };
            crew.run(open.stream()
                    .<Crew.Job<Boolean>>map(job -> bench -> {
                        try {
                            new FineTuning(settings, run, job.trial, job.seed, bench, listener).run();
                            return true;
                        } catch (PlumblineException failure) {
                            if (failure.code() == StandardError.INTERRUPTED) {
                                throw failure;
                            }
                            synchronized (failures) {
                                codes.add(failure.code());
                                failures.add("'" + job.trial.label() + "' with seed " + job.seed + ": "
                                        + failure.getMessage());
                            }
                            return false;
                        }
                    })
                    .toList());
        }
        if (!failures.isEmpty()) {
            throw PlumblineException.of(codes.get(0))
                    .asked(failures.size() + " of " + open.size() + " trials failed: " + String.join("; ", failures))
                    .remedy("the other trials are complete and recorded")
                    .build();
        }
    }

    private double seconds(Calibration calibration, Trial trial) {
        return calibration.updates(settings, trial.label())
                * calibration.updates().getOrDefault(trial.label(), Cost.NONE).seconds();
    }

    private static Set<String> finished(List<RunRecord> records) {
        Set<String> finished = new HashSet<>();
        for (RunRecord line : records) {
            if (line instanceof EventRecord event
                    && event.type() == EventRecord.Type.FINISHED
                    && event.trial() != null
                    && event.seed() != null) {
                finished.add(key(event.trial(), event.seed()));
            }
        }
        return finished;
    }

    private static String key(String trial, long seed) {
        return trial + "\n" + seed;
    }
}
