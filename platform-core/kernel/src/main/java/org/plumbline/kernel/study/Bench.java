package org.plumbline.kernel.study;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;

/**
 * A worker's place: its assembly, made anew at a step boundary when a plugin in it is withdrawn. Confined to one thread.
 */
final class Bench implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration GLANCE = Duration.ofMillis(500);

    private final StudyContext context;
    private final StudyFile file;
    private final Consumer<String> swapped;
    private @Nullable Assembly assembly;

    /**
     * @param swapped hears a sentence about every plugin that was replaced while the bench was in use
     */
    Bench(StudyContext context, StudyFile file, Consumer<String> swapped) {
        this.context = context;
        this.file = file;
        this.swapped = swapped;
    }

    StudyContext context() {
        return context;
    }

    StudyFile file() {
        return file;
    }

    /** The present assembly; another one than before if a plugin was replaced. To be asked at every step boundary. */
    Assembly assembly() {
        Assembly present = assembly;
        if (present != null && present.revoked()) {
            List<PluginDescription> gone = present.withdrawn();
            assembly = null;
            present.close();
            gone.forEach(this::awaitReplacement);
            present = null;
        }
        if (present == null) {
            present = new Assembly(context, file);
            assembly = present;
        }
        return present;
    }

    /** Creates an estimator; the caller closes the lease. */
    Lease<GradientEstimator> estimator(PluginUse use) {
        return context.catalog().lease(GradientEstimator.class, use.id(), use.settings(), file.base());
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
            swapped.accept(sentence);
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
