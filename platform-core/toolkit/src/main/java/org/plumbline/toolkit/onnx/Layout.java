package org.plumbline.toolkit.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.plumbline.spi.graph.TensorSpec;

/**
 * The sizes of a value as the file sees them. Immutable.
 *
 * @param axes one per axis; at most one is a multiple of the batch
 */
record Layout(List<Dimension> axes) {
    /** More numbers than a mask or a table of positions has, and fewer than fill the memory. */
    private static final int LARGEST = 1 << 27;

    Layout {
        axes = List.copyOf(axes);
        if (axes.stream().filter(Dimension::batch).count() > 1) {
            throw new Refusal("the batch would be two sizes of " + axes);
        }
    }

    /** Numbers, or {@link TensorSpec#BATCH}. */
    static Layout of(long... sizes) {
        List<Dimension> axes = new ArrayList<>();
        for (long size : sizes) {
            axes.add(size == TensorSpec.BATCH ? Dimension.BATCH : Dimension.of(size));
        }
        return new Layout(axes);
    }

    int rank() {
        return axes.size();
    }

    Dimension axis(int index) {
        return axes.get(index);
    }

    /** The index of an axis that may be counted from the end. */
    int index(long axis) {
        return index(axis, rank());
    }

    static int index(long axis, int rank) {
        long index = axis < 0 ? axis + rank : axis;
        if (index < 0 || index >= rank) {
            throw new Refusal("there is no axis " + axis + " among " + rank);
        }
        return (int) index;
    }

    /** The axis that is a multiple of the batch, or -1. */
    int batchAxis() {
        for (int axis = 0; axis < rank(); axis++) {
            if (axis(axis).batch()) {
                return axis;
            }
        }
        return -1;
    }

    boolean batched() {
        return batchAxis() >= 0;
    }

    /** The number of this axis, which must not be a multiple of the batch. */
    long number(int axis) {
        if (axis(axis).batch()) {
            throw new Refusal("it would join, cut or sum over the batch, axis " + axis + " of " + this);
        }
        return axis(axis).before();
    }

    /** All sizes multiplied. */
    Dimension product() {
        return product(0, rank());
    }

    /** The sizes of the axes [from, to) multiplied. */
    Dimension product(int from, int to) {
        long before = 1;
        long after = 1;
        boolean batch = false;
        for (Dimension axis : axes.subList(from, to)) {
            if (batch) {
                after *= axis.before() * axis.after();
            } else {
                before *= axis.before();
                after *= axis.after();
            }
            batch |= axis.batch();
        }
        return new Dimension(before, batch, after);
    }

    /** How many numbers it has for a batch of one. */
    int size() {
        return Math.toIntExact(product().factor());
    }

    /** The sizes for numbers that are the same in all rows: 1 in the place of a multiple of the batch. */
    int[] withoutRows() {
        return axes.stream()
                .mapToInt(axis -> axis.batch() ? 1 : (int) Math.min(Integer.MAX_VALUE, axis.before()))
                .toArray();
    }

    /** How many numbers it has if they are the same in all rows. */
    int count() {
        double count = IntStream.of(withoutRows()).asDoubleStream().reduce(1, (a, b) -> a * b);
        if (count < 0 || count > LARGEST) {
            throw new Refusal("it makes " + count + " numbers, " + this + ", while the file is read");
        }
        return (int) count;
    }

    /** The sizes of the tensor, {@link TensorSpec#BATCH} among them. */
    long[] tensor() {
        List<Long> sizes = new ArrayList<>();
        for (Dimension axis : axes) {
            if (!axis.batch() || axis.before() > 1) {
                sizes.add(axis.before());
            }
            if (axis.batch()) {
                sizes.add(TensorSpec.BATCH);
            }
            if (axis.after() > 1) {
                sizes.add(axis.after());
            }
        }
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    /** Where an axis begins among those of the tensor. */
    int place(int axis) {
        return axes.subList(0, axis).stream().mapToInt(Dimension::axes).sum();
    }

    /** The sizes that both broadcast to, by NumPy's rule. */
    Layout broadcast(Layout other) {
        int rank = Math.max(rank(), other.rank());
        List<Dimension> result = new ArrayList<>(Collections.nCopies(rank, Dimension.ONE));
        for (int i = 1; i <= rank; i++) {
            Dimension a = i <= rank() ? axis(rank() - i) : Dimension.ONE;
            Dimension b = i <= other.rank() ? other.axis(other.rank() - i) : Dimension.ONE;
            if (!a.equals(b) && !a.isOne() && !b.isOne()) {
                throw new Refusal("it cannot broadcast " + this + " and " + other);
            }
            result.set(rank - i, a.isOne() ? b : a);
        }
        return new Layout(result);
    }

    Layout with(int axis, Dimension size) {
        List<Dimension> changed = new ArrayList<>(axes);
        changed.set(axis, size);
        return new Layout(changed);
    }

    Layout without(int axis) {
        List<Dimension> changed = new ArrayList<>(axes);
        changed.remove(axis);
        return new Layout(changed);
    }

    Layout permuted(int... order) {
        List<Dimension> changed = new ArrayList<>();
        for (int axis : order) {
            changed.add(axis(axis));
        }
        return new Layout(changed);
    }

    /** The axes [from, to). */
    Layout part(int from, int to) {
        return new Layout(axes.subList(from, to));
    }

    /** These axes and then those. */
    Layout followedBy(Layout other) {
        List<Dimension> joined = new ArrayList<>(axes);
        joined.addAll(other.axes);
        return new Layout(joined);
    }

    /**
     * The same numbers under other sizes: a multiple of the batch among the wanted sizes is split so that the rows stay
     * where they are.
     */
    Layout reshaped(List<Dimension> wanted) {
        Dimension all = product();
        List<Dimension> result = new ArrayList<>();
        long before = all.before();
        for (Dimension axis : wanted) {
            if (axis.batch()) {
                if (axis.factor() % before != 0) {
                    throw new Refusal("it would mix rows of the batch, turning " + this + " into " + wanted);
                }
                result.add(new Dimension(before, true, axis.factor() / before));
            } else {
                result.add(axis);
                if (result.stream().noneMatch(Dimension::batch) && all.batch()) {
                    if (before % axis.before() != 0) {
                        throw new Refusal("it would mix rows of the batch, turning " + this + " into " + wanted);
                    }
                    before /= axis.before();
                }
            }
        }
        Layout layout = new Layout(result);
        if (!layout.product().equals(all)) {
            throw new Refusal("it cannot turn " + this + " into " + wanted);
        }
        return layout;
    }

    @Override
    public String toString() {
        return axes.toString();
    }
}
