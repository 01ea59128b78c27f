package org.plumbline.spi.model;

import java.nio.file.Path;
import java.util.Optional;
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

    /**
     * Says what is in a model folder, or in a file of adapters, without loading weights; also for one that {@link #load}
     * refuses.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} if there is nothing, {@link StandardError#UNSUPPORTED}
     *     if this loader cannot look into it
     */
    default ModelInspection inspect(Path path) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + path + "' does not inspect models")
                .available("loading them")
                .build();
    }

    /**
     * Writes adapters of a model in another form. No number is changed.
     *
     * @param folder of the model
     * @param adapters a file in any form, or its folder
     * @param target a folder, or a file with the ending of its format where the form is a single file
     * @return the file that was written
     * @throws PlumblineException like {@link #load}, and {@link StandardError#UNWRITABLE_OUTPUT}
     */
    default Path convert(Path folder, Path adapters, AdapterForm form, Path target) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + folder + "' does not convert adapters")
                .build();
    }

    /**
     * Writes a complete model whose weights are the model's with the adapters added, in the types of the model's files.
     *
     * @param folder of the model
     * @param adapters a file in any form, or its folder
     * @param target a folder that does not exist yet; it appears at once and complete
     * @return {@code target}
     * @throws PlumblineException like {@link #load}, and {@link StandardError#UNWRITABLE_OUTPUT}
     */
    default Path merge(Path folder, Path adapters, Path target) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + folder + "' does not merge adapters")
                .build();
    }

    /**
     * Writes a complete model with random weights, drawn as before training: to see what a size costs before anything is
     * downloaded.
     *
     * @param configurations a model folder without weights, or whose weights are left out
     * @param type of the stored numbers
     * @param seed decides the weights
     * @param target a folder that does not exist yet; it appears at once and complete
     * @return {@code target}
     * @throws PlumblineException like {@link #untrained}, and {@link StandardError#UNWRITABLE_OUTPUT}
     */
    default Path random(Path configurations, FloatType type, long seed, Path target) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + configurations + "' does not draw weights")
                .build();
    }

    /**
     * Writes a complete model of a checkpoint that holds all weights in one file, by the names of its authors. The tensors
     * are read one by one, and no number is changed unless another type is asked for.
     *
     * @param checkpoint the file
     * @param like a model folder of the same architecture, with or without weights: its configurations, its tokenizer and
     *     its noise schedule are taken over, its weights are not looked at
     * @param type of the stored numbers; empty: each tensor's own
     * @param target a folder that does not exist yet; it appears at once and complete
     * @return {@code target}
     * @throws PlumblineException {@link StandardError#MISSING_FILE}, {@link StandardError#MALFORMED_FILE},
     *     {@link StandardError#WRONG_SHAPE} or {@link StandardError#UNSUPPORTED} if the file does not hold every weight of
     *     such a model, and {@link StandardError#UNWRITABLE_OUTPUT}
     */
    default Path importCheckpoint(Path checkpoint, Path like, Optional<FloatType> type, Path target) {
        throw PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("the loader of '" + like + "' does not import checkpoints")
                .build();
    }
}
