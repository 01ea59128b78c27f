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
}
