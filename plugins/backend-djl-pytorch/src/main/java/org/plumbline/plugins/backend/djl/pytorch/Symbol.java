package org.plumbline.plugins.backend.djl.pytorch;

import org.plumbline.toolkit.graph.Shape;

/**
 * A value of a program that is being written: a variable, and what is known of it before the program runs.
 *
 * @param name how the program calls it
 * @param sources bit i is set if a gradient can flow from this value to graph input i, and {@link #THETA} if to the
 *     trainable parameters
 * @param shape its sizes
 */
record Symbol(String name, long sources, Shape shape) {
    /** The bit of the trainable parameters in {@link #sources}. */
    static final long THETA = 1L << 63;

    /** The bit of the graph input of this index. */
    static long input(int index) {
        return 1L << index;
    }
}
