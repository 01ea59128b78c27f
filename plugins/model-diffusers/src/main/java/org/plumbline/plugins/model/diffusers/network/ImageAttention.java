package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** A part of a block in which pixels attend to one another or to a condition. */
interface ImageAttention {
    /**
     * [batch, channels, height, width] to the same shape.
     *
     * @param condition [batch, length, width], or null if the network has none
     */
    <T> T apply(Ops<T> ops, T x, @Nullable T condition);

    /** [batch, channels, height, width] to [batch, height * width, channels]. */
    static <T> T toSequence(Ops<T> ops, T image) {
        long[] shape = ops.shape(image);
        return ops.reshape(ops.transpose(image, 0, 2, 3, 1), -1, shape[2] * shape[3], shape[1]);
    }

    /** [batch, height * width, channels] to [batch, channels, height, width]. */
    static <T> T toImage(Ops<T> ops, T sequence, long height, long width) {
        long channels = ops.shape(sequence)[2];
        return ops.transpose(ops.reshape(sequence, -1, height, width, channels), 0, 3, 1, 2);
    }
}
