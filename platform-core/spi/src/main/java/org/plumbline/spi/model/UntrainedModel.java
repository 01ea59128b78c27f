package org.plumbline.spi.model;

import java.nio.file.Path;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * A model before its pre-training: all weights of all its networks in one flat vector theta, and one graph that runs the
 * networks one after the other, so that they train jointly. Immutable and thread-safe; the loader's caller closes it.
 */
@ConsumerType
public interface UntrainedModel extends AutoCloseable {
    /** A short name for reports. */
    String name();

    /** Channels, height, width of the latent of an image; channels, frames, height, width of that of a video. */
    long[] latentShape();

    /** The noise schedule to train with. */
    NoiseSchedule schedule();

    /** What the graph's output is to predict. */
    PredictionType prediction();

    /** Turns captions into the graph's {@link Tokenizer#TOKENS}; empty if the model takes none. */
    Optional<Tokenizer> tokenizer();

    /**
     * From {@link Tokenizer#TOKENS} (if there is a tokenizer), {@link DenoiserInput#SAMPLE} and
     * {@link DenoiserInput#TIMESTEP} to the prediction. It asks for no other weights than those of {@link #layout()}.
     */
    GraphDefinition graph();

    /** How all weights lie in theta. */
    ParameterLayout layout();

    /** Random weights to start from, drawn as the networks' authors drew them; the same for the same seed. */
    double[] initial(long seed);

    /**
     * Random weights to start from, but for what a related model has learned: a weight is taken from it if there is one of
     * the same name with as many values, and, if that has fewer rows, as a table of fewer words has, its rows are. A
     * network for videos begins so as one for images.
     *
     * @param seed of {@link #initial(long)}, which draws the rest
     * @param related folder of a complete model
     * @throws PlumblineException like {@link ModelLoader#load}, and {@link StandardError#UNSUPPORTED} if models of this kind
     *     cannot be made of others
     */
    default double[] initial(long seed, Path related) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("model '" + name() + "' cannot start from the weights of '" + related + "'")
                .remedy("leave out inherit")
                .build();
    }

    /**
     * A model with these weights, held in memory: to look at samples while training goes on. It is valid until this
     * object is closed.
     *
     * @param theta of the layout's length; it is copied
     */
    DiffusionModel trained(double[] theta);

    /**
     * Writes a complete model that {@link ModelLoader#load} reads. A new folder appears at once and complete; in an
     * existing one each file is replaced atomically and other files stay.
     *
     * @return {@code folder}
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT}
     */
    Path save(double[] theta, Path folder);

    /**
     * Reads theta from a complete model of the same architecture.
     *
     * @throws PlumblineException like {@link ModelLoader#load}
     */
    double[] load(Path folder);

    @Override
    default void close() {}
}
