package org.plumbline.plugins.backend.reference;

import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Operations that move numbers. Their gradients move back, and add where a number was used more than once. */
final class Rearrangement {
    private final Tape tape;

    Rearrangement(Tape tape) {
        this.tape = tape;
    }

    /** Reshapes; a size of -1 follows from the others. */
    Value reshape(Value x, long[] shape) {
        int[] sizes = new int[shape.length];
        int known = 1;
        int open = -1;
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = Math.toIntExact(shape[axis]);
            if (sizes[axis] == -1) {
                open = axis;
            } else {
                known *= sizes[axis];
            }
        }
        if (open >= 0) {
            sizes[open] = x.data.length / known;
        }
        return tape.result(sizes, x.data, g -> add(g, 0, x.gradient(), 0, g.length), x);
    }

    Value transpose(Value x, int[] order) {
        int rank = x.rank();
        int[] strides = new int[rank];
        int stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= x.shape[axis];
        }
        int[] sizes = new int[rank];
        int[] steps = new int[rank];
        for (int i = 0; i < rank; i++) {
            int axis = order[i] < 0 ? order[i] + rank : order[i];
            sizes[i] = x.shape[axis];
            steps[i] = strides[axis];
        }
        int[] source = new int[x.data.length];
        int[] index = new int[rank];
        int from = 0;
        for (int to = 0; to < source.length; to++) {
            source[to] = from;
            for (int axis = rank - 1; axis >= 0; axis--) {
                from += steps[axis];
                if (++index[axis] < sizes[axis]) {
                    break;
                }
                from -= steps[axis] * sizes[axis];
                index[axis] = 0;
            }
        }
        double[] y = new double[source.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = x.data[source[i]];
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int i = 0; i < source.length; i++) {
                into[source[i]] += g[i];
            }
        };
        return tape.result(sizes, y, pullBack, x);
    }

    Value concat(int axis, List<Value> parts) {
        Value first = parts.get(0);
        int along = axis < 0 ? axis + first.rank() : axis;
        int[] shape = first.shape.clone();
        shape[along] = 0;
        for (Value part : parts) {
            shape[along] += part.shape[along];
        }
        int outer = Value.product(shape, 0, along);
        int inner = Value.product(shape, along + 1, shape.length);
        int whole = shape[along] * inner;
        double[] y = new double[outer * whole];
        int start = 0;
        for (Value part : parts) {
            int stretch = part.shape[along] * inner;
            for (int i = 0; i < outer; i++) {
                System.arraycopy(part.data, i * stretch, y, i * whole + start, stretch);
            }
            start += stretch;
        }
        Tape.PullBack pullBack = g -> {
            int at = 0;
            for (Value part : parts) {
                int stretch = part.shape[along] * inner;
                for (int i = 0; part.tracked && i < outer; i++) {
                    add(g, i * whole + at, part.gradient(), i * stretch, stretch);
                }
                at += stretch;
            }
        };
        return tape.result(shape, y, pullBack, parts.toArray(Value[]::new));
    }

    Value slice(Value x, int axis, int from, int to) {
        int along = axis < 0 ? axis + x.rank() : axis;
        int[] shape = x.shape.clone();
        shape[along] = to - from;
        int outer = Value.product(shape, 0, along);
        int inner = Value.product(shape, along + 1, shape.length);
        int whole = x.shape[along] * inner;
        int stretch = shape[along] * inner;
        double[] y = new double[outer * stretch];
        for (int i = 0; i < outer; i++) {
            System.arraycopy(x.data, i * whole + from * inner, y, i * stretch, stretch);
        }
        Tape.PullBack pullBack = g -> {
            for (int i = 0; i < outer; i++) {
                add(g, i * stretch, x.gradient(), i * whole + from * inner, stretch);
            }
        };
        return tape.result(shape, y, pullBack, x);
    }

    /** Rows of a table. The indices have no gradient. */
    Value embedding(Value table, Value indices) {
        int width = table.shape[1];
        int[] rows = new int[indices.data.length];
        double[] y = new double[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            double index = indices.data[i];
            rows[i] = (int) index;
            if (rows[i] != index || rows[i] < 0 || rows[i] >= table.shape[0]) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("embedding was given the index " + index)
                        .available("whole numbers from 0 to " + (table.shape[0] - 1))
                        .build();
            }
            System.arraycopy(table.data, rows[i] * width, y, i * width, width);
        }
        Tape.PullBack pullBack = g -> {
            for (int i = 0; i < rows.length; i++) {
                add(g, i * width, table.gradient(), rows[i] * width, width);
            }
        };
        return tape.result(new int[] {indices.shape[0], indices.shape[1], width}, y, pullBack, table);
    }

    private static void add(double[] from, int start, double[] into, int to, int length) {
        for (int i = 0; i < length; i++) {
            into[to + i] += from[start + i];
        }
    }
}
