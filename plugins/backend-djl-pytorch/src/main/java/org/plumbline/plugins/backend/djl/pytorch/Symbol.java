package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Arrays;

/**
 * A value of a program that is being written: a variable, and what is known of it before the program runs.
 *
 * @param name how the program calls it
 * @param sources bit i is set if a gradient can flow from this value to graph input i; {@link #THETA} for the trainable
 *     parameters
 * @param shape its sizes; -1 is the batch
 */
record Symbol(String name, long sources, long... shape) {
    /** The bit of the trainable parameters in {@link #sources}. */
    static final long THETA = 1L << 63;

    /** The bit of the graph input of this index. */
    static long input(int index) {
        return 1L << index;
    }

    /** Its sizes for a message. */
    String shapeText() {
        return ShapeRules.text(shape);
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
