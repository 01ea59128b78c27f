package org.plumbline.spi.graph;

import java.util.Arrays;

/**
 * The name and shape of a graph input.
 *
 * @param name unique within the graph
 * @param shape sizes; the first is {@link #BATCH}
 */
public record TensorSpec(String name, long... shape) {
    /** The size of a dimension that is only known when the graph runs: the number of rows. */
    public static final long BATCH = -1;

    public TensorSpec {
        shape = shape.clone();
        if (shape.length == 0 || shape[0] != BATCH) {
            throw new IllegalArgumentException(
                    "the first dimension of graph input '" + name + "' must be BATCH, not " + Arrays.toString(shape));
        }
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** How many numbers one row holds. */
    public int rowSize() {
        long size = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            size *= shape[axis];
        }
        return Math.toIntExact(size);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorSpec spec && spec.name.equals(name) && Arrays.equals(spec.shape, shape);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape).replace("-1", "B");
    }
}
