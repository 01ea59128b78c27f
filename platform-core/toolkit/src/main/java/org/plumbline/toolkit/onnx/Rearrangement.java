package org.plumbline.toolkit.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.plumbline.spi.graph.Ops;
import org.plumbline.toolkit.onnx.Operand.Address;
import org.plumbline.toolkit.onnx.Operand.Computed;
import org.plumbline.toolkit.onnx.Operand.Coordinate;
import org.plumbline.toolkit.onnx.Operand.Numbers;
import org.plumbline.toolkit.onnx.Operand.Rounded;

/** Operators that ask for sizes, make constants, or give the same numbers other places. */
final class Rearrangement<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;
    private final Folding<T> folding;

    Rearrangement(Tensors<T> tensors, Folding<T> folding) {
        this.ops = tensors.ops();
        this.tensors = tensors;
        this.folding = folding;
    }

    void register(Interpreter.Registry<T> registry) {
        registry.one("Constant", this::constant);
        registry.one("ConstantOfShape", this::constantOfShape);
        registry.one("Shape", this::shape);
        registry.one("Range", this::range);
        registry.one("Identity", call -> call.in(0));
        registry.one("Dropout", call -> call.in(0));
        registry.one("Cast", this::cast);
        registry.one("Reshape", this::reshape);
        registry.one("Flatten", this::flatten);
        registry.one("Unsqueeze", this::unsqueeze);
        registry.one("Squeeze", this::squeeze);
        registry.one("Transpose", this::transpose);
        registry.one("Expand", this::expand);
        registry.one("Tile", this::tile);
        registry.one("Concat", this::concat);
    }

    // ---- constants and sizes

    private Operand<T> constant(Call<T> call) {
        OnnxNode node = call.node();
        for (String attribute : List.of("value", "value_float", "value_floats", "value_int", "value_ints")) {
            OnnxNode.Attribute found = node.attributes().get(attribute);
            if (found == null) {
                continue;
            }
            if (found.tensor() != null) {
                return Interpreter.numbers(found.tensor());
            }
            boolean real = attribute.contains("float");
            double[] values = real
                    ? found.reals().stream().mapToDouble(x -> x).toArray()
                    : found.integers().stream().mapToDouble(x -> x).toArray();
            Layout layout = attribute.endsWith("s") ? Layout.of(values.length) : Layout.of();
            return Numbers.of(real ? ElementType.FLOAT : ElementType.INT64, layout, values);
        }
        throw new Refusal("its value is neither numbers nor a tensor");
    }

    private Operand<T> constantOfShape(Call<T> call) {
        Layout layout = new Layout(sizes(call.numbers(0)));
        OnnxNode.Attribute attribute = call.node().attributes().get("value");
        StoredTensor stored = attribute == null ? null : attribute.tensor();
        ElementType type = stored == null ? ElementType.FLOAT : stored.type();
        double[] values = new double[layout.count()];
        Arrays.fill(values, stored == null ? 0 : stored.doubles()[0]);
        return Numbers.of(type, layout, values);
    }

    /** What a list of sizes says. */
    private static <T> List<Dimension> sizes(Numbers<T> numbers) {
        List<Dimension> sizes = new ArrayList<>();
        double[] values = numbers.values();
        for (int i = 0; i < values.length; i++) {
            sizes.add(numbers.row(i) ? new Dimension(1, true, (long) values[i]) : Dimension.of((long) values[i]));
        }
        return sizes;
    }

    private Operand<T> shape(Call<T> call) {
        Layout layout = call.in(0).layout();
        int from = bound(call.node().integer("start", 0), layout.rank());
        int to = bound(call.node().integer("end", layout.rank()), layout.rank());
        double[] values = new double[Math.max(0, to - from)];
        boolean[] rows = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (double) layout.axis(from + i).factor();
            rows[i] = layout.axis(from + i).batch();
        }
        return new Numbers<>(ElementType.INT64, Layout.of(values.length), () -> values, rows, null);
    }

    private static int bound(long axis, int rank) {
        return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
    }

    private Operand<T> range(Call<T> call) {
        double start = call.numbers(0).single();
        double limit = call.numbers(1).single();
        double step = call.numbers(2).single();
        if (call.numbers(1).row(0)) {
            if (start != 0 || limit != 1 || step != 1) {
                throw new Refusal("it counts the batch from " + start + " in steps of " + step);
            }
            return new Address<>(new Layout(List.of(Dimension.BATCH)), List.of(new Coordinate<>(1, null, 1)));
        }
        int count = (int) Math.max(0, Math.ceil((limit - start) / step));
        double[] values =
                IntStream.range(0, count).mapToDouble(i -> start + i * step).toArray();
        return Numbers.of(call.in(0).type(), Layout.of(count), values);
    }

    private Operand<T> cast(Call<T> call) {
        Operand<T> x = call.in(0);
        ElementType to = ElementType.of(call.node().integer("to", 0))
                .orElseThrow(() -> new Refusal(
                        "it casts to the element type " + call.node().integer("to", 0)));
        if (x instanceof Numbers<T> numbers) {
            if (to.real() || (!x.type().real() && to != ElementType.BOOL)) {
                boolean stays = x.type().real() == to.real();
                return stays
                        ? new Numbers<>(to, x.layout(), numbers.source(), numbers.rows(), numbers.weight())
                        : numbers.as(to, x.layout());
            }
            Numbers<T> cast = folding.unary(numbers, to == ElementType.BOOL ? v -> v == 0 ? 0 : 1 : Folding::truncated);
            return cast.as(to, x.layout());
        }
        if (x instanceof Computed<T> computed) {
            if (x.type().real() && !to.real() && to != ElementType.BOOL) {
                return new Rounded<>(to, x.layout(), tensors.full(x));
            }
            if (to == ElementType.BOOL && x.type() != ElementType.BOOL) {
                throw new Refusal("it asks of numbers that are not constant whether they are zero");
            }
            return new Computed<>(to, x.layout(), computed.tensor(), computed.everyRow());
        }
        return x;
    }

    // ---- the same numbers in another shape

    private Operand<T> reshape(Call<T> call) {
        Operand<T> x = call.in(0);
        Numbers<T> numbers = call.numbers(1);
        List<Dimension> wanted = sizes(numbers);
        boolean zeros = call.node().integer("allowzero", 0) != 0;
        int open = -1;
        for (int axis = 0; axis < wanted.size(); axis++) {
            if (!wanted.get(axis).batch() && wanted.get(axis).before() == 0 && !zeros) {
                wanted.set(axis, x.layout().axis(axis));
            } else if (!wanted.get(axis).batch() && wanted.get(axis).before() == -1) {
                open = axis;
                wanted.set(axis, Dimension.ONE);
            }
        }
        if (open >= 0) {
            Dimension all = x.layout().product();
            Dimension rest = new Layout(wanted).product();
            if (all.factor() % rest.factor() != 0 || (rest.batch() && !all.batch())) {
                throw new Refusal("it cannot turn " + x.layout() + " into " + wanted);
            }
            wanted.set(open, new Dimension(all.factor() / rest.factor(), all.batch() && !rest.batch(), 1));
        }
        return tensors.reshaped(x, wanted);
    }

    private Operand<T> flatten(Call<T> call) {
        Operand<T> x = call.in(0);
        long axis = call.node().integer("axis", 1);
        int at = (int) (axis < 0 ? axis + x.layout().rank() : axis);
        return tensors.reshaped(
                x,
                List.of(
                        x.layout().product(0, at),
                        x.layout().product(at, x.layout().rank())));
    }

    private Operand<T> unsqueeze(Call<T> call) {
        Operand<T> x = call.in(0);
        long[] axes = call.integers("axes", 1);
        if (axes == null) {
            throw new Refusal("it names no axes");
        }
        int rank = x.layout().rank() + axes.length;
        boolean[] added = new boolean[rank];
        for (long axis : axes) {
            added[Layout.index(axis, rank)] = true;
        }
        List<Dimension> sizes = new ArrayList<>();
        int from = 0;
        for (int axis = 0; axis < rank; axis++) {
            sizes.add(added[axis] ? Dimension.ONE : x.layout().axis(from++));
        }
        return tensors.reshaped(x, sizes);
    }

    private Operand<T> squeeze(Call<T> call) {
        Operand<T> x = call.in(0);
        long[] axes = call.integers("axes", 1);
        List<Dimension> sizes = new ArrayList<>(x.layout().axes());
        for (int axis = sizes.size() - 1; axis >= 0; axis--) {
            int here = axis;
            boolean named =
                    axes != null && Arrays.stream(axes).anyMatch(a -> x.layout().index(a) == here);
            if (named && !sizes.get(axis).isOne()) {
                throw new Refusal("axis " + axis + " of " + x.layout() + " is not 1");
            }
            if (named || (axes == null && sizes.get(axis).isOne())) {
                sizes.remove(axis);
            }
        }
        return tensors.reshaped(x, sizes);
    }

    private Operand<T> transpose(Call<T> call) {
        Operand<T> x = call.in(0);
        int rank = x.layout().rank();
        int[] order = call.node().has("perm")
                ? Arrays.stream(call.node().integers("perm"))
                        .mapToInt(a -> (int) a)
                        .toArray()
                : IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        return permuted(tensors, folding, x, order);
    }

    /** Reorders the axes. */
    static <T> Operand<T> permuted(Tensors<T> tensors, Folding<T> folding, Operand<T> x, int... order) {
        Layout layout = x.layout();
        Layout result = layout.permuted(order);
        if (x instanceof Numbers<T> numbers && numbers.small()) {
            int[] sizes = layout.withoutRows();
            int[] strides = new int[sizes.length];
            for (int axis = sizes.length - 1, stride = 1; axis >= 0; axis--) {
                strides[axis] = stride;
                stride *= sizes[axis];
            }
            int[] to = result.withoutRows();
            int[] sources = new int[result.count()];
            for (int i = 0; i < sources.length; i++) {
                int rest = i;
                for (int axis = to.length - 1; axis >= 0; axis--) {
                    sources[i] += rest % to[axis] * strides[order[axis]];
                    rest /= to[axis];
                }
            }
            return folding.picked(numbers, result, sources);
        }
        List<Integer> places = new ArrayList<>();
        for (int axis : order) {
            for (int i = 0; i < layout.axis(axis).axes(); i++) {
                places.add(layout.place(axis) + i);
            }
        }
        int[] physical = places.stream().mapToInt(Integer::intValue).toArray();
        return tensors.result(x.type(), result, tensors.ops().transpose(tensors.full(x), physical));
    }

    private Operand<T> expand(Call<T> call) {
        Operand<T> x = call.in(0);
        return expanded(x, x.layout().broadcast(new Layout(sizes(call.numbers(1)))));
    }

    private Operand<T> tile(Call<T> call) {
        Operand<T> x = call.in(0);
        List<Dimension> repeats = sizes(call.numbers(1));
        for (int axis = 0; axis < repeats.size(); axis++) {
            Dimension times = repeats.get(axis);
            if (x.layout().axis(axis).isOne()) {
                x = expanded(x, x.layout().with(axis, times));
            } else if (!times.isOne()) {
                x = joined(Collections.nCopies(Math.toIntExact(new Layout(List.of(times)).number(0)), x), axis);
            }
        }
        return x;
    }

    private Operand<T> expanded(Operand<T> x, Layout layout) {
        if (layout.equals(x.layout())) {
            return x;
        }
        if (x instanceof Address<T> address) {
            return new Address<>(layout, address.coordinates());
        }
        if (x instanceof Numbers<T> numbers && numbers.small()) {
            return folding.expanded(numbers, layout);
        }
        double[] zeros = new double[layout.count()];
        Operand<T> blank = Numbers.of(x.type(), layout, zeros);
        T grown = ops.add(tensors.fitted(x, layout), tensors.fitted(blank, layout));
        return new Computed<>(
                x.type(),
                layout,
                grown,
                x instanceof Computed<T> c && c.everyRow() && x.layout().batched());
    }

    private Operand<T> concat(Call<T> call) {
        List<Operand<T>> parts = new ArrayList<>();
        for (int i = 0; i < call.node().inputs().size(); i++) {
            parts.add(call.in(i));
        }
        return joined(parts, parts.get(0).layout().index(call.node().integer("axis", 0)));
    }

    private Operand<T> joined(List<Operand<T>> parts, int axis) {
        Layout first = parts.get(0).layout();
        if (parts.stream().allMatch(part -> part instanceof Address<T>)) {
            List<Coordinate<T>> coordinates = new ArrayList<>();
            parts.forEach(part -> coordinates.addAll(((Address<T>) part).coordinates()));
            return new Address<>(first.with(axis, Dimension.of(coordinates.size())), coordinates);
        }
        long size = 0;
        Layout joined = first.with(axis, Dimension.ONE);
        for (Operand<T> part : parts) {
            size += part.layout().number(axis);
            joined = joined.broadcast(part.layout().with(axis, Dimension.ONE));
        }
        Layout layout = joined.with(axis, Dimension.of(size));
        if (parts.stream().allMatch(part -> part instanceof Numbers<T> n && n.small())) {
            return numbers(parts, layout, axis);
        }
        List<T> full = new ArrayList<>();
        for (Operand<T> part : parts) {
            full.add(tensors.full(part));
        }
        return tensors.result(parts.get(0).type(), layout, ops.concat(layout.place(axis), full));
    }

    private Operand<T> numbers(List<Operand<T>> parts, Layout layout, int axis) {
        int outer = layout.part(0, axis).count();
        List<Double> values = new ArrayList<>();
        List<Boolean> rows = new ArrayList<>();
        for (int block = 0; block < outer; block++) {
            for (Operand<T> part : parts) {
                Numbers<T> numbers = (Numbers<T>) part;
                double[] from = numbers.values();
                int length = from.length / outer;
                for (int i = block * length; i < (block + 1) * length; i++) {
                    values.add(from[i]);
                    rows.add(numbers.row(i));
                }
            }
        }
        double[] all = values.stream().mapToDouble(x -> x).toArray();
        boolean[] flags = new boolean[all.length];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = rows.get(i);
        }
        return new Numbers<>(parts.get(0).type(), layout, () -> all, rows.contains(true) ? flags : null, null);
    }

    /** Axes in their order, with one of them last. */
    static int[] toTheEnd(int axis, int rank) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        Collections.rotate(order.subList(axis, rank), -1);
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The inverse of {@link #toTheEnd}. */
    static int[] fromTheEnd(int axis, int rank) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        Collections.rotate(order.subList(axis, rank), 1);
        return order.stream().mapToInt(Integer::intValue).toArray();
    }
}
