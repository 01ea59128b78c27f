package org.plumbline.toolkit.onnx;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Operators that make one number of many. */
final class Reductions<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;

    Reductions(Tensors<T> tensors) {
        this.ops = tensors.ops();
        this.tensors = tensors;
    }

    void register(Interpreter.Registry<T> registry) {
        for (String operator : new String[] {
            "ReduceSum",
            "ReduceMean",
            "ReduceProd",
            "ReduceMax",
            "ReduceMin",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSumExp"
        }) {
            registry.one(operator, call -> reduce(operator, call));
        }
    }

    private Operand<T> reduce(String operator, Call<T> call) {
        Operand<T> x = call.in(0);
        long[] named = call.integers("axes", 1);
        int rank = x.layout().rank();
        boolean none = named == null || named.length == 0;
        if (none && call.node().integer("noop_with_empty_axes", 0) != 0) {
            return x;
        }
        int[] axes = none
                ? IntStream.range(0, rank).toArray()
                : Arrays.stream(named).mapToInt(x.layout()::index).sorted().toArray();
        boolean keep = call.node().integer("keepdims", 1) != 0;
        Layout layout = x.layout();
        for (int i = axes.length - 1; i >= 0; i--) {
            layout.number(axes[i]);
            layout = keep ? layout.with(axes[i], Dimension.ONE) : layout.without(axes[i]);
        }
        if (x instanceof Numbers<T> numbers && numbers.small() && numbers.rows() == null) {
            return known(operator, numbers, layout, axes);
        }
        int[] places = Arrays.stream(axes).map(x.layout()::place).toArray();
        return tensors.result(x.type(), layout, reduced(operator, tensors.full(x), x.layout(), keep, axes, places));
    }

    private T reduced(String operator, T x, Layout layout, boolean keep, int[] axes, int[] places) {
        return switch (operator) {
            case "ReduceSum" -> ops.sum(x, keep, places);
            case "ReduceMean" -> {
                double count = 1;
                for (int axis : axes) {
                    count *= (double) layout.number(axis);
                }
                yield ops.scale(ops.sum(x, keep, places), 1 / count);
            }
            case "ReduceSumSquare" -> ops.sum(ops.mul(x, x), keep, places);
            case "ReduceL2" -> ops.sqrt(ops.sum(ops.mul(x, x), keep, places));
            case "ReduceL1" -> ops.sum(ops.add(ops.relu(x), ops.relu(ops.scale(x, -1))), keep, places);
            case "ReduceMax" -> largest(x, layout, keep, axes);
            case "ReduceMin" -> ops.scale(largest(ops.scale(x, -1), layout, keep, axes), -1);
            case "ReduceLogSumExp" -> {
                T largest = largest(x, layout, true, axes);
                T sum = ops.log(ops.sum(ops.exp(ops.sub(x, largest)), keep, places));
                yield ops.add(sum, keep ? largest : largest(x, layout, false, axes));
            }
            default -> throw new Refusal("it multiplies numbers that are not constant");
        };
    }

    /** By a pool over the last axes of something like an image. */
    private T largest(T x, Layout layout, boolean keep, int... axes) {
        int rank = layout.rank();
        boolean last = layout.axis(0).equals(Dimension.BATCH) && axes[0] == rank - axes.length;
        if (!last) {
            throw new Refusal("it looks for the largest along axes other than the last");
        }
        long inner = layout.part(axes[0], rank).product().factor();
        long outer = layout.part(1, axes[0]).product().factor();
        T pooled = ops.maxPool2d(
                ops.reshape(x, TensorSpec.BATCH, 1, outer, inner), 1, Math.toIntExact(inner), Window.of(1, 0));
        Layout result = layout.part(0, axes[0]);
        for (int i = 0; i < axes.length && keep; i++) {
            result = result.followedBy(Layout.of(1));
        }
        return ops.reshape(pooled, result.tensor());
    }

    private Operand<T> known(String operator, Numbers<T> x, Layout layout, int... axes) {
        Layout kept = x.layout();
        int count = 1;
        for (int axis : axes) {
            count *= Math.toIntExact(kept.number(axis));
            kept = kept.with(axis, Dimension.ONE);
        }
        int[] targets = Folding.sources(kept, x.layout());
        double[] values = x.values();
        double[] result = new double[kept.count()];
        DoubleBinaryOperator join = switch (operator) {
            case "ReduceProd" -> (a, b) -> a * b;
            case "ReduceMax" -> Math::max;
            case "ReduceMin" -> Math::min;
            case "ReduceL1" -> (a, b) -> a + Math.abs(b);
            case "ReduceL2", "ReduceSumSquare" -> (a, b) -> a + b * b;
            case "ReduceLogSumExp" -> (a, b) -> a + Math.exp(b);
            default -> Double::sum;
        };
        double start = switch (operator) {
            case "ReduceProd" -> 1;
            case "ReduceMax" -> Double.NEGATIVE_INFINITY;
            case "ReduceMin" -> Double.POSITIVE_INFINITY;
            default -> 0;
        };
        Arrays.fill(result, start);
        for (int i = 0; i < values.length; i++) {
            result[targets[i]] = join.applyAsDouble(result[targets[i]], values[i]);
        }
        for (int i = 0; i < result.length; i++) {
            result[i] = switch (operator) {
                case "ReduceMean" -> result[i] / count;
                case "ReduceL2" -> Math.sqrt(result[i]);
                case "ReduceLogSumExp" -> Math.log(result[i]);
                default -> result[i];
            };
        }
        return Numbers.of(x.type(), layout, result);
    }
}
