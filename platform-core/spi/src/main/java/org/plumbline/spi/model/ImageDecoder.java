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

    /**
     * How many latents are decoded at once, at least 1; larger batches are decoded in pieces, forwards and backwards. A
     * decoder whose intermediate results are large says 1, so that memory does not grow with the batch.
     */
    default int rowsPerCall() {
        return Integer.MAX_VALUE;
    }

    /** Its weights. */
    WeightSource weights();
}
