package org.plumbline.kernel.study;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.SwapReport.Reason;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;

/**
 * A worker's place: its assembly, made anew at a step boundary when a plugin in it is withdrawn or another backend is
 * ordered. Confined to one thread.
 */
final class Bench implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration GLANCE = Duration.ofMillis(500);

    /** A device that fails more often than this in one piece of work is given up. */
    private static final int MOST_LOSSES = 3;

    private final StudyContext context;
    private final StudyFile file;
    private final Switchboard switchboard;
    private final Consumer<RunRecord> records;
    private final BackendSwap swap;
    private @Nullable Assembly assembly;

    /**
     * @param switchboard of the run
     * @param records takes what becomes part of the run's record: plugins and backends that changed
     */
    Bench(StudyContext context, StudyFile file, Switchboard switchboard, Consumer<RunRecord> records) {
        this.context = context;
        this.file = file;
        this.switchboard = switchboard;
        this.records = records;
        this.swap = new BackendSwap(context, file, switchboard, records);
    }

    StudyContext context() {
        return context;
    }

    StudyFile file() {
        return file;
    }

    /** The present assembly. It stays the same up to the next {@link #boundary}. */
    Assembly assembly() {
        Assembly present = assembly;
        if (present == null) {
            present = new Assembly(context, file, swap.used());
            assembly = present;
        }
        return present;
    }

    /** Creates an estimator; the caller closes the lease. */
    Lease<GradientEstimator> estimator(PluginUse use) {
        return context.catalog().lease(GradientEstimator.class, use.id(), use.settings(), file.base());
    }

    /** Does a job, whole. If its device is lost it is begun again on another. */
    <T> T work(Crew.Job<T> job) {
        switchboard.enter(this);
        try {
            boundary(null);
            swap.watch(assembly());
            return surviving(null, () -> job.run(this));
        } finally {
            switchboard.leave(this);
        }
    }

    /** Work that can be repeated, since it changes nothing before it is complete. */
    interface Repeatable<T> {
        T run();
    }

    /**
     * Does work, again on another backend if the device is lost in the middle of it.
     *
     * @param place for the record, or null between trials
     */
    <T> T surviving(@Nullable Place place, Repeatable<T> work) {
        for (int losses = 1; ; losses++) {
            try {
                return work.run();
            } catch (PlumblineException failure) {
                Assembly gone = assembly;
                if (failure.code() != StandardError.BACKEND_LOST || losses > MOST_LOSSES || gone == null) {
                    throw failure;
                }
                assembly = null;
                assembly = swap.replace(gone, Reason.DEVICE_LOST, place, String.valueOf(failure.getMessage()));
            }
        }
    }

    /** True if {@link #boundary} will change the assembly: what belongs to the present one must be let go before. */
    boolean changing() {
        Assembly present = assembly;
        return present != null && (present.revoked() || swap.due());
    }

    /**
     * A step boundary: nothing of the present assembly is in use, so that it may be replaced by another.
     *
     * @param place for the record, or null between trials
     */
    void boundary(@Nullable Place place) {
        Assembly present = assembly;
        if (present != null && present.revoked()) {
            List<PluginDescription> others = present.withdrawn();
            if (present.backend().revoked()) {
                assembly = null;
                assembly = swap.replace(
                        present, Reason.WITHDRAWN, place, "", () -> others.forEach(this::awaitReplacement));
            } else {
                assembly = null;
                present.close();
                others.forEach(this::awaitReplacement);
            }
        } else if (present != null && swap.due()) {
            assembly = swap.obey(present, place);
        } else if (present == null) {
            swap.accept();
        }
        switchboard.done(this, swap.order());
    }

    /** Waits until a plugin that was withdrawn is there again. */
    void awaitReplacement(PluginDescription gone) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean told = false;
        try {
            while (!context.catalog().await(gone.role(), gone.id(), GLANCE)) {
                context.interruption().check();
                if (!told) {
                    context.progress().say(gone + " was withdrawn; waiting for it to come back");
                    told = true;
                }
                if (System.nanoTime() > end) {
                    throw PlumblineException.of(StandardError.UNKNOWN_PLUGIN)
                            .asked(gone + " was withdrawn and did not come back within " + PATIENCE.toMinutes()
                                    + " minutes")
                            .available(context.catalog().list().stream()
                                    .filter(other -> other.role() == gone.role())
                                    .map(PluginDescription::id)
                                    .collect(Collectors.joining(", ")))
                            .remedy("put its jar back and continue the run with --resume")
                            .build();
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw PlumblineException.of(StandardError.INTERRUPTED)
                    .asked("stopped while waiting for " + gone)
                    .cause(stopped)
                    .build();
        }
        context.catalog().find(gone.role(), gone.id()).ifPresent(now -> {
            String sentence = gone + " was replaced by " + now;
            records.accept(EventRecord.ofRun(EventRecord.Type.PLUGIN_SWAPPED, sentence));
            context.progress().say(sentence);
        });
    }

    @Override
    public void close() {
        Assembly present = assembly;
        assembly = null;
        if (present != null) {
            present.close();
        }
    }
}
