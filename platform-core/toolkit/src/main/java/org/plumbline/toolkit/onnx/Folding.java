package org.plumbline.toolkit.onnx;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Arithmetic on numbers that are known while a file is read; mostly on sizes, some of which are the batch. */
final class Folding<T> {
    Numbers<T> unary(Numbers<T> x, DoubleUnaryOperator function) {
        if (x.rows() != null) {
            throw new Refusal("it computes with the size of the batch");
        }
        double[] values = x.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = function.applyAsDouble(values[i]);
        }
        return Numbers.of(x.type(), x.layout(), values);
    }

    Numbers<T> binary(String operator, ElementType type, Numbers<T> a, Numbers<T> b) {
        Layout layout = a.layout().broadcast(b.layout());
        int[] ofA = sources(a.layout(), layout);
        int[] ofB = sources(b.layout(), layout);
        double[] left = a.values();
        double[] right = b.values();
        double[] values = new double[ofA.length];
        boolean[] rows = new boolean[ofA.length];
        boolean any = false;
        DoubleBinaryOperator function = function(operator, !a.type().real());
        for (int i = 0; i < values.length; i++) {
            boolean rowsA = a.row(ofA[i]);
            boolean rowsB = b.row(ofB[i]);
            values[i] = function.applyAsDouble(left[ofA[i]], right[ofB[i]]);
            if (rowsA || rowsB) {
                rows[i] = rows(operator, rowsA, rowsB, left[ofA[i]], right[ofB[i]]);
                if (operator.equals("Equal") && rowsA != rowsB) {
                    values[i] = 0; // The batch may have any size, so nothing is made to depend on one.
                }
            }
            any |= rows[i];
        }
        return new Numbers<>(type, layout, () -> values, any ? rows : null, null);
    }

    /** Whether a result is a multiple of the batch, if at least one operand is. */
    private static boolean rows(String operator, boolean a, boolean b, double left, double right) {
        boolean both = a && b;
        return switch (operator) {
            case "Equal" -> false;
            case "Mul" -> {
                require(!both);
                yield true;
            }
            case "Div" -> {
                require(a && left % right == 0);
                yield !b;
            }
            case "Add", "Sub" -> {
                require(both || (a ? right : left) == 0);
                yield true;
            }
            default -> throw new Refusal("it computes with the size of the batch");
        };
    }

    private static void require(boolean known) {
        if (!known) {
            throw new Refusal("it computes with the size of the batch");
        }
    }

    private static DoubleBinaryOperator function(String operator, boolean whole) {
        return switch (operator) {
            case "Add" -> Double::sum;
            case "Sub" -> (a, b) -> a - b;
            case "Mul" -> (a, b) -> a * b;
            case "Div" -> whole ? (a, b) -> truncated(a / b) : (a, b) -> a / b;
            case "Mod" -> (a, b) -> a - b * Math.floor(a / b);
            case "Pow" -> Math::pow;
            case "Max" -> Math::max;
            case "Min" -> Math::min;
            case "Equal" -> (a, b) -> a == b ? 1 : 0;
            case "Less" -> (a, b) -> a < b ? 1 : 0;
            case "LessOrEqual" -> (a, b) -> a <= b ? 1 : 0;
            case "Greater" -> (a, b) -> a > b ? 1 : 0;
            case "GreaterOrEqual" -> (a, b) -> a >= b ? 1 : 0;
            case "And" -> (a, b) -> a * b;
            case "Or" -> Math::max;
            default -> throw new IllegalArgumentException(operator);
        };
    }

    static double truncated(double x) {
        return x < 0 ? Math.ceil(x) : Math.floor(x);
    }

    /** {@code condition ? a : b}. */
    Numbers<T> where(Numbers<T> condition, Numbers<T> a, Numbers<T> b) {
        Layout layout = condition.layout().broadcast(a.layout()).broadcast(b.layout());
        int[] ofCondition = sources(condition.layout(), layout);
        int[] ofA = sources(a.layout(), layout);
        int[] ofB = sources(b.layout(), layout);
        double[] chosen = condition.values();
        double[] left = a.values();
        double[] right = b.values();
        double[] values = new double[ofA.length];
        boolean[] rows = new boolean[ofA.length];
        for (int i = 0; i < values.length; i++) {
            boolean first = chosen[ofCondition[i]] != 0;
            values[i] = first ? left[ofA[i]] : right[ofB[i]];
            rows[i] = first ? a.row(ofA[i]) : b.row(ofB[i]);
        }
        return new Numbers<>(a.type(), layout, () -> values, rows, null);
    }

    /** The numbers repeated to fill a layout that they broadcast to. */
    Numbers<T> expanded(Numbers<T> x, Layout layout) {
        return picked(x, layout, sources(x.layout(), layout));
    }

    /** Number i of the result is number {@code sources[i]}. */
    Numbers<T> picked(Numbers<T> x, Layout layout, int... sources) {
        double[] from = x.values();
        double[] values = IntStream.of(sources).mapToDouble(i -> from[i]).toArray();
        boolean[] rows = new boolean[sources.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = x.row(sources[i]);
        }
        return new Numbers<>(x.type(), layout, () -> values, x.rows() == null ? null : rows, null);
    }

    /** Which number of a smaller layout each number of a larger one has. */
    static int[] sources(Layout from, Layout to) {
        int[] sizes = from.withoutRows();
        int[] result = to.withoutRows();
        int[] sources = new int[to.count()];
        int skipped = result.length - sizes.length;
        for (int i = 0; i < sources.length; i++) {
            int rest = i;
            int stride = 1;
            for (int axis = result.length - 1; axis >= skipped; axis--) {
                int index = rest % result[axis];
                rest /= result[axis];
                int size = sizes[axis - skipped];
                sources[i] += stride * (size == 1 ? 0 : index);
                stride *= size;
            }
        }
        return sources;
    }
}
