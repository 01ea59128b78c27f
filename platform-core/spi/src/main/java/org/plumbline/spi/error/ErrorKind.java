package org.plumbline.spi.error;

/** Whose fault a failure is, and with it the exit code of a command that ends by it. */
public enum ErrorKind {
    /** The request cannot be carried out as written: a bad file, key, value or combination. */
    USER(2),
    /** A plugin broke its contract. */
    PLUGIN(3),
    /** A number that should be finite is not, or a check of agreement between two computations failed. */
    NUMERICAL(4),
    /** Memory, disk, time or a device ran out. */
    RESOURCES(5),
    /** A backend or its device went away while it was in use. */
    BACKEND_LOST(6),
    /** The run was stopped from outside, for example by Ctrl-C; what was recorded stays readable. */
    INTERRUPTED(130),
    /** A defect of the platform itself. */
    INTERNAL(70);

    private final int exitCode;

    ErrorKind(int exitCode) {
        this.exitCode = exitCode;
    }

    /** The process exit code of a command that ends by a failure of this kind. */
    public int exitCode() {
        return exitCode;
    }
}
