package org.plumbline.plugins.backend.reference;

import org.jspecify.annotations.Nullable;

/** An array inside a graph that is being computed. Its numbers are never changed once an operation has returned it. */
final class Value {
    final int[] shape;
    final double[] data;
    /** True if a gradient is wanted for it or for something it depends on. */
    final boolean tracked;

    private double @Nullable [] gradient;

    Value(int[] shape, double[] data, boolean tracked) {
        this.shape = shape;
        this.data = data;
        this.tracked = tracked;
    }

    /** A value without gradient. */
    static Value constant(int[] shape, double[] data) {
        return new Value(shape, data, false);
    }

    int rank() {
        return shape.length;
    }

    /** The size of the last axis; 1 if there is none. */
    int lastSize() {
        return shape.length == 0 ? 1 : shape[shape.length - 1];
    }

    /** The gradient so far, to be added to. */
    double[] gradient() {
        double[] sum = gradient;
        if (sum == null) {
            sum = new double[data.length];
            gradient = sum;
        }
        return sum;
    }

    /** The gradient, or null if nothing was added to it; forgets it. */
    double @Nullable [] takeGradient() {
        double[] sum = gradient;
        gradient = null;
        return sum;
    }

    static int product(int[] sizes, int from, int to) {
        int product = 1;
        for (int axis = from; axis < to; axis++) {
            product = Math.multiplyExact(product, sizes[axis]);
        }
        return product;
    }

    static int product(int[] sizes) {
        return product(sizes, 0, sizes.length);
    }
}
