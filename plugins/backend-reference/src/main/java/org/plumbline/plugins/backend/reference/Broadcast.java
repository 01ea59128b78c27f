package org.plumbline.plugins.backend.reference;

/**
 * Walks through the result of an operation on two operands that broadcast by NumPy's rule, in runs along which each
 * operand either advances by one or stands still. Neighbouring axes that behave alike are joined, so operands of equal
 * shape are one run.
 */
final class Broadcast {
    /** A run of {@code length} results from index {@code out}; operand a is read from {@code a} in steps of {@code da}. */
    @FunctionalInterface
    interface Run {
        void at(int out, int a, int da, int b, int db, int length);
    }

    /** The shape of the result. */
    final int[] shape;

    // Joined axes from the innermost to the outermost: size and the strides of both operands.
    private final int[] sizes;
    private final int[] stridesOfA;
    private final int[] stridesOfB;
    private int axes;

    Broadcast(int[] a, int[] b) {
        int rank = Math.max(a.length, b.length);
        shape = new int[rank];
        sizes = new int[rank + 1];
        stridesOfA = new int[rank + 1];
        stridesOfB = new int[rank + 1];
        int strideOfA = 1;
        int strideOfB = 1;
        for (int i = 1; i <= rank; i++) {
            int ofA = i <= a.length ? a[a.length - i] : 1;
            int ofB = i <= b.length ? b[b.length - i] : 1;
            int size = ofA == 1 ? ofB : ofA;
            shape[rank - i] = size;
            if (size != 1) {
                join(size, ofA == 1 ? 0 : strideOfA, ofB == 1 ? 0 : strideOfB);
            }
            strideOfA *= ofA;
            strideOfB *= ofB;
        }
        if (axes == 0) {
            join(1, 0, 0);
        }
    }

    private void join(int size, int strideOfA, int strideOfB) {
        int inner = axes - 1;
        if (inner >= 0
                && strideOfA == stridesOfA[inner] * sizes[inner]
                && strideOfB == stridesOfB[inner] * sizes[inner]) {
            sizes[inner] *= size;
        } else {
            sizes[axes] = size;
            stridesOfA[axes] = strideOfA;
            stridesOfB[axes] = strideOfB;
            axes++;
        }
    }

    /** Visits all runs in the order of the result. */
    void forEach(Run run) {
        int[] index = new int[axes];
        int length = sizes[0];
        int total = Value.product(sizes, 0, axes);
        int a = 0;
        int b = 0;
        for (int out = 0; out < total; out += length) {
            run.at(out, a, stridesOfA[0], b, stridesOfB[0], length);
            for (int axis = 1; axis < axes; axis++) {
                a += stridesOfA[axis];
                b += stridesOfB[axis];
                if (++index[axis] < sizes[axis]) {
                    break;
                }
                index[axis] = 0;
                a -= stridesOfA[axis] * sizes[axis];
                b -= stridesOfB[axis] * sizes[axis];
            }
        }
    }
}
