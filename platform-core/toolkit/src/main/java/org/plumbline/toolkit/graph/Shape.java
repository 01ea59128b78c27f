package org.plumbline.toolkit.graph;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.TensorSpec;

/**
 * The sizes of a value in a graph. Immutable.
 *
 * @param sizes one per axis; at most one is negative: {@link TensorSpec#BATCH} for the number of rows that only a call
 *     knows, -k where each of them was cut into k rows of its own, as a video into its frames
 */
public record Shape(long... sizes) {
    public Shape {
        sizes = sizes.clone();
    }

    /** A copy of the sizes. */
    @Override
    public long[] sizes() {
        return sizes.clone();
    }

    /** The number of axes. */
    public int rank() {
        return sizes.length;
    }

    /** The size of an axis, counted from 0. */
    public long size(int axis) {
        return sizes[axis];
    }

    /** True if the size of this axis is the batch or a multiple of it. */
    public boolean isBatch(int axis) {
        return sizes[axis] < 0;
    }

    /** Into how many rows each row of the batch was cut; 1 if into none. */
    public long rowsPerRow() {
        return batchAxis() < 0 ? 1 : -sizes[batchAxis()];
    }

    /** The axis whose size is the batch, or -1 if there is none. */
    public int batchAxis() {
        for (int axis = 0; axis < sizes.length; axis++) {
            if (isBatch(axis)) {
                return axis;
            }
        }
        return -1;
    }

    /** How many numbers a value of this shape holds for a batch of one row. */
    public long rowSize() {
        return product(0, sizes.length);
    }

    /** Product of the sizes of the axes [from, to); the batch counts as 1, a multiple of it as its factor. */
    long product(int from, int to) {
        long product = 1;
        try {
            for (int axis = from; axis < to; axis++) {
                product = Math.multiplyExact(product, Math.abs(sizes[axis]));
            }
        } catch (ArithmeticException overflow) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("a tensor of shape " + this + ", of more numbers than any memory holds")
                    .remedy("correct the sizes in the model's configuration")
                    .cause(overflow)
                    .build();
        }
        return product;
    }

    /** The same shape with another size of one axis. */
    Shape with(int axis, long size) {
        long[] changed = sizes.clone();
        changed[axis] = size;
        return new Shape(changed);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(shape.sizes, sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** For messages, for example {@code [B, 3, 32, 32]} or, with eight rows made of one, {@code [8B, 3, 32, 32]}. */
    @Override
    public String toString() {
        return Arrays.stream(sizes)
                .mapToObj(size -> size == TensorSpec.BATCH ? "B" : size < 0 ? -size + "B" : Long.toString(size))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
