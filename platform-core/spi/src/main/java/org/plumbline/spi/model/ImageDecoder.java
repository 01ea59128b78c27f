package org.plumbline.spi.model;

import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;

/** Turns final latents into images. Thread-safe. */
@ConsumerType
public interface ImageDecoder {
    /** The graph input that takes the final latents. */
    String LATENT = "latent";

    /** Channels, height, width of an image; channels, frames, height, width of a video. */
    long[] imageShape();

    /**
     * {@link #LATENT} to images [batch, channels, height, width] or videos [batch, channels, frames, height, width]. Black
     * is 0 and white is 1; values outside are possible and are not limited here, since a limit would hide them from
     * gradients.
     */
    GraphDefinition graph();

    /** Its weights. */
    WeightSource weights();
}
