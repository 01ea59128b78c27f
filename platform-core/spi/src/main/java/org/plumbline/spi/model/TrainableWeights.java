package org.plumbline.spi.model;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;

/** The weights a {@link TrainableTarget.Weights} selects, as one flat vector theta. Immutable, thread-safe. */
@ConsumerType
public interface TrainableWeights {
    /** How they lie in theta. */
    ParameterLayout layout();

    /**
     * Theta at the start; the denoiser then equals the pre-trained one, or that one with the adapters of a file if the
     * target starts from one.
     *
     * @param seed decides the random part of adapters
     */
    double[] initial(long seed);

    /** The denoiser that asks for these weights by the layout's names, and for the others as before. */
    GraphDefinition denoiser();

    /**
     * Writes theta in the model's own format, atomically; adapters in the {@link AdapterForm} of the target.
     *
     * @return the file or folder that was written, inside {@code folder}
     */
    Path save(double[] theta, Path folder);

    /**
     * Reads theta back.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} or {@link StandardError#WRONG_SHAPE}
     */
    double[] load(Path file);
}
