package org.plumbline.toolkit.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.onnx.Operand.Address;
import org.plumbline.toolkit.onnx.Operand.Computed;
import org.plumbline.toolkit.onnx.Operand.Coordinate;
import org.plumbline.toolkit.onnx.Operand.Numbers;
import org.plumbline.toolkit.onnx.Operand.Rounded;

/** Operators that take a part: of a list of sizes, of an image, of a table of words, or the last word of a text. */
final class Selection<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;
    private final Folding<T> folding;
    private final Elementwise<T> elementwise;

    Selection(Tensors<T> tensors, Folding<T> folding, Elementwise<T> elementwise) {
        this.ops = tensors.ops();
        this.tensors = tensors;
        this.folding = folding;
        this.elementwise = elementwise;
    }

    void register(Interpreter.Registry<T> registry) {
        registry.one("Slice", this::slice);
        registry.several("Split", this::split);
        registry.one("Gather", this::gather);
        registry.one("GatherND", this::gatherPlaces);
        registry.one("ArgMax", this::argMax);
        registry.one("Where", this::where);
        registry.one("Trilu", this::triangle);
    }

    // ---- pieces along an axis

    /** The places along one axis, in any order. */
    private Operand<T> along(Operand<T> x, int axis, long... places) {
        Layout layout = x.layout().with(axis, Dimension.of(places.length));
        long size = x.layout().number(axis);
        for (long place : places) {
            if (place < 0 || place >= size) {
                throw new Refusal("there is no place " + place + " on axis " + axis + " of " + x.layout());
            }
        }
        if (x instanceof Numbers<T> numbers && numbers.small()) {
            int inner = x.layout().part(axis + 1, x.layout().rank()).count();
            int outer = x.layout().part(0, axis).count();
            int[] sources = new int[outer * places.length * inner];
            for (int i = 0; i < sources.length; i++) {
                int block = i / (places.length * inner);
                int place = (int) places[i / inner % places.length];
                sources[i] = (block * (int) size + place) * inner + i % inner;
            }
            return folding.picked(numbers, layout, sources);
        }
        Computed<T> computed = x instanceof Computed<T> ready ? ready : tensors.computed(x);
        int at = layout.place(axis);
        List<T> runs = new ArrayList<>();
        for (int from = 0; from < places.length; ) {
            int to = from + 1;
            while (to < places.length && places[to] == places[to - 1] + 1) {
                to++;
            }
            boolean whole = to - from == size;
            runs.add(whole ? computed.tensor() : ops.slice(computed.tensor(), at, places[from], places[to - 1] + 1));
            from = to;
        }
        T tensor = runs.size() == 1 ? runs.get(0) : ops.concat(at, runs);
        return new Computed<>(x.type(), layout, tensor, computed.everyRow());
    }

    private Operand<T> slice(Call<T> call) {
        Numbers<T> starts = call.numbers(1);
        Numbers<T> ends = call.numbers(2);
        int count = starts.layout().size();
        long[] axes =
                call.has(3) ? call.integers(3) : LongStream.range(0, count).toArray();
        long[] steps = call.has(4) ? call.integers(4) : null;
        Operand<T> x = call.in(0);
        for (int i = 0; i < count; i++) {
            int axis = x.layout().index(axes[i]);
            long step = steps == null ? 1 : steps[i];
            double start = starts.values()[i];
            double end = ends.values()[i];
            if (x.layout().axis(axis).batch()) {
                boolean all = start == 0
                        && step == 1
                        && (ends.row(i) ? end == x.layout().axis(axis).factor() : end >= Integer.MAX_VALUE);
                if (!all) {
                    throw new Refusal("it cuts the batch");
                }
                continue;
            }
            if (starts.row(i) || ends.row(i)) {
                throw new Refusal("it cuts at the size of the batch");
            }
            x = along(x, axis, places(x.layout().number(axis), start, end, step));
        }
        return x;
    }

    private static long[] places(long size, double start, double end, long step) {
        double length = (double) size;
        double first = start < 0 ? start + length : start;
        double last = end < 0 ? end + length : end;
        first = Math.max(step > 0 ? 0 : -1, Math.min(step > 0 ? length : length - 1, first));
        last = Math.max(step > 0 ? 0 : -1, Math.min(step > 0 ? length : length - 1, last));
        long from = (long) first;
        long count = Math.max(0, (long) Math.ceil((last - first) / (double) step));
        return LongStream.range(0, count).map(i -> from + i * step).toArray();
    }

    private List<Operand<T>> split(Call<T> call) {
        Operand<T> x = call.in(0);
        int axis = x.layout().index(call.node().integer("axis", 0));
        long size = x.layout().number(axis);
        long[] sizes = call.integers("split", 1);
        if (sizes == null) {
            int parts = call.node().outputs().size();
            long each = (size + parts - 1) / parts;
            sizes = LongStream.range(0, parts)
                    .map(i -> Math.min(each, size - i * each))
                    .toArray();
        }
        List<Operand<T>> parts = new ArrayList<>();
        long from = 0;
        for (long length : sizes) {
            parts.add(along(x, axis, LongStream.range(from, from + length).toArray()));
            from += length;
        }
        return parts;
    }

    // ---- by index

    private Operand<T> gather(Call<T> call) {
        Operand<T> x = call.in(0);
        Operand<T> indices = call.in(1);
        int axis = x.layout().index(call.node().integer("axis", 0));
        if (indices instanceof Numbers<T> numbers) {
            long size = x.layout().number(axis);
            long[] places = Arrays.stream(numbers.values())
                    .mapToLong(i -> (long) i < 0 ? (long) i + size : (long) i)
                    .toArray();
            Layout rest = x.layout().part(axis + 1, x.layout().rank());
            Layout layout =
                    x.layout().part(0, axis).followedBy(indices.layout()).followedBy(rest);
            return tensors.reshaped(along(x, axis, places), layout.axes());
        }
        if (indices instanceof Address<T> address) {
            return picked(x, axis, address);
        }
        boolean table = axis == 0 && x.layout().rank() == 2 && !x.layout().batched();
        if (!table || indices.layout().batchAxis() != 0) {
            throw new Refusal("it looks up by an index that depends on an input");
        }
        Layout words = indices.layout();
        T ids = indices instanceof Rounded<T> rounded ? rounded.tensor() : tensors.full(indices);
        T flat = ops.reshape(ids, TensorSpec.BATCH, words.product().factor());
        Layout width = x.layout().part(1, 2);
        T found = ops.embedding(tensors.full(x), flat);
        Layout found3 = Layout.of(TensorSpec.BATCH, words.product().factor()).followedBy(width);
        return tensors.reshaped(
                tensors.result(x.type(), found3, found), words.followedBy(width).axes());
    }

    /** One element of each row, by an index into joined axes or into an axis beside the batch. */
    private Operand<T> picked(Operand<T> x, int axis, Address<T> address) {
        Coordinate<T> at = address.coordinates().get(0);
        Dimension size = x.layout().axis(axis);
        boolean fits = address.coordinates().size() == 1
                && axis == 0
                && size.equals(new Dimension(1, true, at.length()))
                && at.stride() == at.length();
        if (!fits || at.chosen() == null) {
            throw new Refusal("it picks by a position that is not one per row");
        }
        Layout apart = Layout.of(TensorSpec.BATCH, at.length())
                .followedBy(x.layout().part(1, x.layout().rank()));
        Operand<T> found = tensors.result(x.type(), apart, tensors.full(x));
        return tensors.reshaped(
                chosen(found, at),
                address.layout().followedBy(apart.part(2, apart.rank())).axes());
    }

    private Operand<T> gatherPlaces(Call<T> call) {
        Operand<T> x = call.in(0);
        if (call.in(1) instanceof Address<T> address
                && call.node().integer("batch_dims", 0) == 0
                && address.coordinates().size() == 2
                && x.layout().rank() >= 2
                && x.layout().axis(0).equals(Dimension.BATCH)) {
            Coordinate<T> row = address.coordinates().get(0);
            Coordinate<T> place = address.coordinates().get(1);
            if (row.stride() == 1
                    && row.chosen() == null
                    && place.stride() == 0
                    && x.layout().axis(1).equals(Dimension.of(place.length()))) {
                return chosen(x, place);
            }
        }
        throw new Refusal("it picks by positions other than one per row");
    }

    /** [batch, length, ...] to [batch, ...]. */
    private Operand<T> chosen(Operand<T> x, Coordinate<T> place) {
        Layout layout = x.layout();
        T chosen = place.chosen();
        if (chosen == null) {
            throw new Refusal("it picks by no position");
        }
        Layout mask = Layout.of(TensorSpec.BATCH, place.length());
        for (int axis = 2; axis < layout.rank(); axis++) {
            mask = mask.followedBy(new Layout(List.of(Dimension.ONE)));
        }
        T product = ops.mul(tensors.full(x), ops.reshape(chosen, mask.tensor()));
        return tensors.result(x.type(), layout.without(1), ops.sum(product, false, 1));
    }

    /**
     * The place of the largest whole number of each row, the first of several: marked in a row of zeros. Numbers that
     * are not whole would need a comparison without gradient.
     */
    private Operand<T> argMax(Call<T> call) {
        Operand<T> x = call.in(0);
        Layout layout = x.layout();
        boolean fits = layout.rank() == 2
                && layout.axis(0).equals(Dimension.BATCH)
                && layout.index(call.node().integer("axis", 0)) == 1
                && !x.type().real()
                && call.node().integer("select_last_index", 0) == 0;
        if (!fits) {
            throw new Refusal("it looks for the largest of something other than the tokens of a text");
        }
        long length = layout.number(1);
        T tokens = tensors.full(x);
        T image = ops.reshape(tokens, TensorSpec.BATCH, 1, 1, length);
        T largest = ops.reshape(ops.maxPool2d(image, 1, (int) length, Window.of(1, 0)), TensorSpec.BATCH, 1);
        T marked = ops.relu(ops.shift(ops.sub(tokens, largest), 1));
        int size = (int) length;
        double[] earlier = new double[size * size];
        for (int from = 0; from < size; from++) {
            for (int to = from + 1; to < size; to++) {
                earlier[from * size + to] = 1;
            }
        }
        T before = ops.clamp(ops.matmul(marked, ops.constant(earlier, length, length)), 0, 1);
        T first = ops.mul(marked, ops.shift(ops.scale(before, -1), 1));
        Layout result = call.node().integer("keepdims", 1) != 0 ? layout.with(1, Dimension.ONE) : layout.part(0, 1);
        return new Address<>(result, List.of(new Coordinate<>(0, first, length)));
    }

    // ---- by condition

    private Operand<T> where(Call<T> call) {
        Operand<T> condition = call.in(0);
        Operand<T> a = call.in(1);
        Operand<T> b = call.in(2);
        if (condition instanceof Numbers<T> known) {
            if (a instanceof Numbers<T> left && b instanceof Numbers<T> right && left.small() && right.small()) {
                return folding.where(known, left, right);
            }
            double[] values = known.values();
            if (Arrays.stream(values).distinct().count() == 1) {
                Operand<T> only = values[0] != 0 ? a : b;
                Layout all = condition.layout().broadcast(a.layout()).broadcast(b.layout());
                if (only.layout().equals(all)) {
                    return only;
                }
            }
        }
        Operand<T> otherwise = elementwise.unary(condition, x -> ops.shift(ops.scale(x, -1), 1), x -> 1 - x);
        Operand<T> chosen = masked(condition, a);
        return elementwise.arithmetic("Add", chosen, masked(otherwise, b));
    }

    /** {@code condition * x}, where an infinite x counts as very large, since zero times infinity is no number. */
    private Operand<T> masked(Operand<T> condition, Operand<T> x) {
        Operand<T> finite = x;
        if (x instanceof Numbers<T> numbers && numbers.small()) {
            if (condition instanceof Numbers<T> known) {
                Numbers<T> zero = Numbers.of(x.type(), Layout.of(), 0);
                return folding.where(known, numbers, zero);
            }
            double largest = Float.MAX_VALUE;
            finite = folding.unary(numbers, v -> Math.max(-largest, Math.min(largest, v)));
        }
        return elementwise.arithmetic("Mul", finite, condition);
    }

    private Operand<T> triangle(Call<T> call) {
        Operand<T> x = call.in(0);
        boolean upper = call.node().integer("upper", 1) != 0;
        double diagonal = call.has(1) ? call.numbers(1).single() : 0;
        int rank = x.layout().rank();
        int rows = (int) x.layout().number(rank - 2);
        int columns = (int) x.layout().number(rank - 1);
        double[] kept = new double[rows * columns];
        for (int i = 0; i < kept.length; i++) {
            double above = i % columns - i / columns - diagonal;
            kept[i] = (upper ? above >= 0 : above <= 0) ? 1 : 0;
        }
        Numbers<T> mask = Numbers.of(ElementType.BOOL, Layout.of(rows, columns), kept);
        if (x instanceof Numbers<T> numbers && numbers.small()) {
            return folding.where(mask, numbers, Numbers.of(x.type(), Layout.of(), 0));
        }
        return elementwise.arithmetic("Mul", x, mask);
    }
}
