package org.plumbline.spi.backend;

import org.osgi.annotation.versioning.ProviderType;

/**
 * An array of real numbers on a device. Immutable but for {@link TensorArena#accumulate} and {@link Network#forwardInto};
 * owned by its arena.
 */
@ProviderType
public interface Tensor {
    /** The sizes; the first is the number of rows. */
    long[] shape();

    /** The number of rows, the first size. */
    default int rows() {
        return Math.toIntExact(shape()[0]);
    }

    /** A copy of the values, row-major. */
    double[] toDoubles();

    /** Frees it before its arena is closed. Closing twice is harmless. */
    void close();
}
