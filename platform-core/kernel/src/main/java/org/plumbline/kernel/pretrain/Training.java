package org.plumbline.kernel.pretrain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.optimise.ExponentialAverage;
import org.plumbline.kernel.optimise.GradientClipping;
import org.plumbline.kernel.optimise.LearningRateSchedule;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * The loop: gradient of a batch, clipping, AdamW, running average. It continues from the checkpoint in its folder if there
 * is one, writes a new one every so many updates and when it is asked to stop, and notes the losses in
 * {@code training.jsonl}.
 */
final class Training {
    /** Is told of states while training goes on. */
    interface Observer {
        /** After an update. */
        void updated(Checkpoint.Now now);
    }

    private static final String CHECKPOINT = "checkpoint.safetensors";
    private static final String LOG = "training.jsonl";
    private static final int NOTE_EVERY = 10;

    private final TrainingSettings settings;
    private final Objective objective;
    private final String recipe;
    private final Path folder;

    /**
     * @param recipe what of the objective decides the numbers, in words
     * @param folder where checkpoints and losses go
     */
    Training(TrainingSettings settings, Objective objective, String recipe, Path folder) {
        this.settings = settings;
        this.objective = objective;
        this.recipe = recipe + "; " + settings.recipe();
        this.folder = folder;
    }

    /**
     * Trains to the end.
     *
     * @return the last state
     * @throws PlumblineException {@link StandardError#INTERRUPTED} if it was asked to stop, after a checkpoint
     */
    Checkpoint run(ComputeBackend backend, Observer observer, Progress progress, Interruption interruption) {
        Path file = folder.resolve(CHECKPOINT);
        int size = objective.layout().size();
        Checkpoint start = Checkpoint.read(file, recipe, size).orElseGet(() -> Checkpoint.start(objective.initial()));
        if (start.iteration() > 0) {
            progress.say("going on after update " + start.iteration() + " of " + settings.iterations());
        }
        double[] theta = start.theta().clone();
        AdamW optimiser = new AdamW(settings.optimiser(), start.moments());
        ExponentialAverage average =
                new ExponentialAverage(settings.averageDecay(), start.average(), start.iteration());
        LearningRateSchedule rates = settings.rates();
        GradientClipping clipping = new GradientClipping(settings.gradientNorm());
        RecentMean recent = new RecentMean();
        try (MeanLoss loss = new MeanLoss(backend, objective.loss(), objective.layout(), settings.workers());
                Progress.Task task = progress.begin("training", settings.iterations(), "updates")) {
            for (long n = start.iteration(); n < settings.iterations(); n++) {
                MeanLoss.Result result = loss.at(theta, objective.batch(n), settings.batch());
                double norm = clipping.clip(result.gradient());
                double rate = rates.rate(n);
                optimiser.descend(theta, result.gradient(), rate);
                average.add(theta);
                long done = n + 1;
                recent.add(result.loss());
                task.advance(done, values(recent.mean(), norm, rate));
                boolean last = done == settings.iterations();
                if (done % NOTE_EVERY == 0 || last) {
                    note(done, recent.mean(), norm, rate);
                    recent.reset();
                }
                observer.updated(new Checkpoint.Now(done, last, average::toArray));
                if (last || done % settings.checkpointEvery() == 0 || interruption.stopRequested()) {
                    new Checkpoint(done, theta, optimiser.state(), average.toArray()).write(file, recipe);
                }
                if (!last) {
                    interruption.check();
                }
            }
        }
        return new Checkpoint(settings.iterations(), theta, optimiser.state(), average.toArray());
    }

    private void note(long done, double loss, double norm, double rate) {
        String line = String.format(
                Locale.ROOT,
                "{\"iteration\":%d,\"loss\":%.6g,\"gradient-norm\":%.4g,\"learning-rate\":%.4g}%n",
                done,
                loss,
                norm,
                rate);
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(LOG), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("losses cannot be written to " + folder.resolve(LOG) + ": " + e)
                    .remedy("name an output folder that you may write to, on a disk with free space")
                    .cause(new UncheckedIOException(e))
                    .build();
        }
    }

    private static Map<String, Double> values(double loss, double norm, double rate) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("loss", loss);
        values.put("gradient", norm);
        values.put("rate", rate);
        return values;
    }

    /** The mean since the last note. */
    private static final class RecentMean {
        private double sum;
        private int count;

        private void add(double value) {
            sum += value;
            count++;
        }

        private double mean() {
            return sum / count;
        }

        private void reset() {
            sum = 0;
            count = 0;
        }
    }
}
