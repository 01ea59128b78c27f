package org.plumbline.toolkit.onnx;

import java.util.Arrays;
import java.util.List;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.onnx.Operand.Computed;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Turns what a file calls a value into tensors of the shape that one of our operations needs. */
final class Tensors<T> {
    private final Ops<T> ops;
    private final Iterable<Operand<T>> inputs;

    /**
     * Over an interpreter of our operations.
     *
     * @param inputs of the graph; they know how many rows there are
     */
    Tensors(Ops<T> ops, Iterable<Operand<T>> inputs) {
        this.ops = ops;
        this.inputs = inputs;
    }

    Ops<T> ops() {
        return ops;
    }

    /** A result that differs from row to row if there is a batch among its sizes. */
    Computed<T> result(ElementType type, Layout layout, T tensor) {
        return new Computed<>(type, layout, tensor, true);
    }

    /** A tensor whose axes are those of {@link Layout#tensor}, with all rows. */
    T full(Operand<T> x) {
        Layout layout = x.layout();
        if (!layout.batched() || (x instanceof Computed<T> computed && computed.everyRow())) {
            return fitted(x, layout);
        }
        return ops.add(fitted(x, layout), zeros(layout));
    }

    /** Like {@link #full}, as a value. */
    Computed<T> computed(Operand<T> x) {
        return x instanceof Computed<T> ready
                        && (ready.everyRow() || !ready.layout().batched())
                ? ready
                : result(x.type(), x.layout(), full(x));
    }

    /** Zeros that broadcast to all rows of a layout, and to all of its numbers on the batch's axis. */
    private T zeros(Layout layout) {
        for (Operand<T> input : inputs) {
            if (input instanceof Computed<T> computed) {
                long[] ones = new long[layout.tensor().length];
                Arrays.fill(ones, 1);
                long[] rows = ones.clone();
                rows[batch(layout.tensor())] = TensorSpec.BATCH;
                long rowSize = computed.layout().product().factor();
                T first = ops.slice(ops.reshape(computed.tensor(), TensorSpec.BATCH, rowSize), 1, 0, 1);
                T zeros = ops.reshape(ops.scale(first, 0), rows);
                Dimension axis = layout.axis(layout.batchAxis());
                if (axis.factor() == 1) {
                    return zeros;
                }
                long[] blocks = ones.clone();
                int place = batch(layout.tensor());
                if (axis.before() > 1) {
                    blocks[place - 1] = axis.before();
                }
                if (axis.after() > 1) {
                    blocks[place + 1] = axis.after();
                }
                return ops.add(zeros, ops.constant(new double[(int) axis.factor()], blocks));
            }
        }
        throw new Refusal("it depends on no input");
    }

    private static int batch(long... sizes) {
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == TensorSpec.BATCH) {
                return i;
            }
        }
        throw new IllegalStateException("no batch among " + Arrays.toString(sizes));
    }

    /** A tensor that broadcasts to the tensor of a layout, to which the value's own layout broadcasts. */
    T fitted(Operand<T> x, Layout wanted) {
        Layout own = x.layout();
        boolean rows = x instanceof Computed<T> computed && computed.everyRow();
        long[] shape = new long[wanted.tensor().length];
        Arrays.fill(shape, 1);
        int skipped = wanted.rank() - own.rank();
        long[] sizes = own.tensor();
        for (int axis = 0; axis < own.rank(); axis++) {
            Dimension size = own.axis(axis);
            if (!size.isOne() && (!size.batch() || rows)) {
                int to = wanted.place(skipped + axis);
                System.arraycopy(sizes, own.place(axis), shape, to, size.axes());
            }
        }
        long[] trimmed = Arrays.copyOfRange(shape, wanted.place(skipped), shape.length);
        if (x instanceof Numbers<T> numbers) {
            return tensor(numbers, trimmed);
        }
        if (x instanceof Computed<T> computed) {
            boolean same = Arrays.equals(trimmed, present(computed));
            return same ? computed.tensor() : ops.reshape(computed.tensor(), trimmed);
        }
        throw new Refusal(
                x instanceof Operand.Rounded<T>
                        ? "it uses rounded numbers, which have no gradient, for more than looking up in a table"
                        : "a position in a text can only be used to pick from it");
    }

    /** The axes that the tensor has. */
    private long[] present(Computed<T> x) {
        long[] sizes = x.layout().tensor();
        if (!x.everyRow() && x.layout().batched()) {
            int axis = x.layout().batchAxis();
            int from = x.layout().place(axis);
            Arrays.fill(sizes, from, from + x.layout().axis(axis).axes(), 1);
        }
        return sizes;
    }

    private T tensor(Numbers<T> numbers, long... shape) {
        if (numbers.weight() == null
                || !numbers.type().real()
                || numbers.layout().rank() == 0) {
            return ops.constant(numbers.values(), shape);
        }
        long[] stored = numbers.layout().tensor();
        T weight = ops.weight(numbers.weight(), stored);
        return Arrays.equals(stored, shape) ? weight : ops.reshape(weight, shape);
    }

    /** The same numbers under other sizes. */
    Operand<T> reshaped(Operand<T> x, List<Dimension> wanted) {
        Layout layout = x.layout().reshaped(wanted);
        if (layout.equals(x.layout())) {
            return x;
        }
        boolean plain = layout.axes().stream().noneMatch(axis -> axis.batch() && axis.factor() > 1);
        if (x instanceof Numbers<T> numbers && numbers.small() && plain) {
            return numbers.as(numbers.type(), layout);
        }
        if (x instanceof Operand.Address<T> address) {
            return new Operand.Address<>(layout, address.coordinates());
        }
        return result(x.type(), layout, ops.reshape(full(x), layout.tensor()));
    }
}
