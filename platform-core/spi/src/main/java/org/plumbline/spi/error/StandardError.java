package org.plumbline.spi.error;

/** The failures that every part of the platform shares. */
public enum StandardError implements ErrorCode {
    /** No plugin with this id is registered for the role. */
    UNKNOWN_PLUGIN(ErrorKind.USER),
    /** A configuration key that the reader does not know. */
    UNKNOWN_KEY(ErrorKind.USER),
    /** A required configuration key is absent. */
    MISSING_KEY(ErrorKind.USER),
    /** A configuration value is malformed or out of its range. */
    BAD_VALUE(ErrorKind.USER),
    /** Two choices that exclude each other, for example a first-order estimator with a black-box reward. */
    INCOMPATIBLE(ErrorKind.USER),
    /** A file or folder that does not exist or cannot be read. */
    MISSING_FILE(ErrorKind.USER),
    /** A file whose content is not what its format promises. */
    MALFORMED_FILE(ErrorKind.USER),
    /** A tensor whose shape is not the one that is needed. */
    WRONG_SHAPE(ErrorKind.USER),
    /** An output folder that cannot be written. */
    UNWRITABLE_OUTPUT(ErrorKind.USER),
    /** A device that this machine does not have or that cannot be used. */
    MISSING_DEVICE(ErrorKind.USER),
    /** A feature of a file or model that this version does not support. */
    UNSUPPORTED(ErrorKind.USER),
    /** A plugin broke its contract. */
    PLUGIN_CONTRACT(ErrorKind.PLUGIN),
    /** A plugin could not be created. */
    PLUGIN_CREATION(ErrorKind.PLUGIN),
    /** A gradient, reward or latent is not finite. */
    NOT_FINITE(ErrorKind.NUMERICAL),
    /** Two computations that must agree do not. */
    DISAGREEMENT(ErrorKind.NUMERICAL),
    /** Memory ran out. */
    OUT_OF_MEMORY(ErrorKind.RESOURCES),
    /** A backend, its bundle or its device went away. */
    BACKEND_LOST(ErrorKind.BACKEND_LOST),
    /** The run was stopped from outside. */
    INTERRUPTED(ErrorKind.INTERRUPTED),
    /** A defect of the platform. */
    INTERNAL(ErrorKind.INTERNAL);

    private final ErrorKind kind;

    StandardError(ErrorKind kind) {
        this.kind = kind;
    }

    @Override
    public ErrorKind kind() {
        return kind;
    }
}
