package org.plumbline.spi.model;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citable;

/** Reads pre-trained models of one file format. */
@ConsumerType
public interface ModelLoader extends Citable {
    /**
     * Reads a model. Nothing is half-loaded: the model is complete or there is an exception.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE}, {@link StandardError#MALFORMED_FILE},
     *     {@link StandardError#WRONG_SHAPE} or {@link StandardError#UNSUPPORTED}
     */
    DiffusionModel load(Path folder);

    /**
     * Reads a folder that holds the configurations of a model but needs no weights, so that the model can be pre-trained.
     * A loader of a format that cannot be trained from scratch keeps this body, which refuses.
     *
     * @throws PlumblineException like {@link #load}
     */
    default UntrainedModel untrained(Path folder) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + folder + "' does not pre-train models")
                .available("reading pre-trained ones")
                .build();
    }
}
