package org.plumbline.spi.model;

import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.sampler.NoiseSchedule;

/** A pre-trained model as graphs and weights. Immutable and thread-safe; the loader's caller closes it. */
@ConsumerType
public interface DiffusionModel extends AutoCloseable {
    /** A short name for reports. */
    String name();

    /** Channels, height, width of the latent of an image; channels, frames, height, width of that of a video. */
    long[] latentShape();

    /** The noise schedule the model was trained with. */
    NoiseSchedule schedule();

    /** What the denoiser predicts. */
    PredictionType prediction();

    /** The sampler settings stored with the model, by the keys of its file; a sampler takes its defaults from here. */
    Map<String, Object> samplerSettings();

    /** The pre-trained denoiser; its inputs are a subset of {@link DenoiserInput}, its output has the latent's shape. */
    GraphDefinition denoiser();

    /** The weights of {@link #denoiser()}. */
    WeightSource denoiserWeights();

    /** Turns prompts into conditions; empty if the model takes none. */
    Optional<PromptEncoder> promptEncoder();

    /** Turns latents into images. */
    ImageDecoder imageDecoder();

    /**
     * The weights that a target selects.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it selects nothing, with what there is
     */
    TrainableWeights trainable(TrainableTarget.Weights target);

    @Override
    default void close() {}
}
