package org.plumbline.plugins.backend.djl.pytorch;

import org.plumbline.toolkit.graph.Shape;

/**
 * A value of a program that is being written, and what is known of it before the program runs.
 *
 * @param origin where it comes from
 * @param number which one of its origin
 * @param sources bit i is set if a gradient can flow from this value to graph input i, and {@link #THETA} if to the
 *     trainable parameters
 * @param shape its sizes
 * @param type how its numbers are stored
 */
record Symbol(Origin origin, int number, long sources, Shape shape, Precision type) {
    /** The bit of the trainable parameters in {@link #sources}. */
    static final long THETA = 1L << 63;

    /** Where a value comes from. */
    enum Origin {
        /** An input of the graph. */
        INPUT("x"),
        /** The result of an operation. */
        RESULT("v"),
        /** A trainable parameter, by its place in the layout. */
        PARAMETER("p"),
        /** A frozen weight or a constant. */
        CONSTANT("w");

        private final String letter;

        Origin(String letter) {
            this.letter = letter;
        }
    }

    /** The bit of the graph input of this index. */
    static long input(int index) {
        return 1L << index;
    }

    /** What the program calls it. */
    String name() {
        return origin.letter + number;
    }

    /** True if it is computed or passed while the program runs, and so may cross from one segment to another. */
    boolean flows() {
        return origin == Origin.INPUT || origin == Origin.RESULT;
    }
}
