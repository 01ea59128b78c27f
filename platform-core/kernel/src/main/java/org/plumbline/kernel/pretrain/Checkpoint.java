package org.plumbline.kernel.pretrain;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * The whole state of a training after some iterations. The arrays belong to the record.
 *
 * @param iteration number of updates that were made
 * @param theta the parameters
 * @param moments the optimiser's state
 * @param average the averaged parameters
 */
record Checkpoint(long iteration, double[] theta, AdamW.State moments, double[] average) {
    /**
     * A look at a training while it goes on.
     *
     * @param iteration number of updates that were made
     * @param last true after the last one
     * @param average the averaged parameters, as a fresh array
     */
    record Now(long iteration, boolean last, Supplier<double[]> average) {}

    private static final String ITERATION = "iteration";
    private static final String RECIPE = "recipe";

    /** The state before the first update. */
    static Checkpoint start(double[] theta) {
        AdamW.State moments = new AdamW.State(0, new double[theta.length], new double[theta.length]);
        return new Checkpoint(0, theta.clone(), moments, theta.clone());
    }

    /** Writes it atomically, in float64. */
    void write(Path file, String recipe) {
        SafetensorsWriter.create()
                .metadata(ITERATION, Long.toString(iteration))
                .metadata(RECIPE, recipe)
                .add("theta", theta, theta.length)
                .add("moments.first", moments.first(), theta.length)
                .add("moments.second", moments.second(), theta.length)
                .add("average", average, theta.length)
                .write(file);
    }

    /**
     * Reads a checkpoint, if there is one.
     *
     * @param recipe that of the training which wants to go on
     * @param size length of theta
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE} if it was made by another recipe, or
     *     {@link StandardError#MALFORMED_FILE}
     */
    static Optional<Checkpoint> read(Path file, String recipe, int size) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            Map<String, String> metadata = stored.metadata();
            String made = metadata.getOrDefault(RECIPE, "an unknown recipe");
            double[] theta = stored.doubles("theta");
            if (!made.equals(recipe) || theta.length != size) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("the checkpoint " + file + " of " + theta.length + " parameters was made by: " + made
                                + "; asked for are " + size + " parameters and: " + recipe)
                        .remedy("undo the change to go on, or name another output folder to start again")
                        .build();
            }
            long iteration = iteration(file, metadata);
            return Optional.of(new Checkpoint(
                    iteration,
                    theta,
                    new AdamW.State(iteration, stored.doubles("moments.first"), stored.doubles("moments.second")),
                    stored.doubles("average")));
        }
    }

    private static long iteration(Path file, Map<String, String> metadata) {
        try {
            return Long.parseLong(metadata.getOrDefault(ITERATION, ""));
        } catch (NumberFormatException notANumber) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("the checkpoint " + file + " does not say how many iterations it is from")
                    .remedy("remove it to start again")
                    .cause(notANumber)
                    .build();
        }
    }
}
