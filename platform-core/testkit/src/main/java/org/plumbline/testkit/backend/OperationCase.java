package org.plumbline.testkit.backend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;

/**
 * A graph of one operation, and the formula of its output's elements.
 *
 * @param name name for reports
 * @param body the graph
 * @param operands inputs and weights in the order of declaration
 * @param formula output element by index
 */
record OperationCase(String name, Body body, List<Operand> operands, Formula formula) implements GraphDefinition {
    /** A graph over operands, whether they are inputs or weights. Given as a reference to a generic method. */
    @FunctionalInterface
    interface Body {
        <T> T build(Ops<T> ops, Operands<T> in);
    }

    /** Finds operands by name. */
    @FunctionalInterface
    interface Operands<T> {
        T get(String name);
    }

    /** An element of the output. */
    @FunctionalInterface
    interface Formula {
        double at(Values in, int... index);
    }

    /**
     * An input or a weight.
     *
     * @param shape an input's starts with {@link TensorSpec#BATCH}
     */
    record Operand(String name, boolean input, Draw draw, long... shape) {
        /** Its shape for this number of rows. */
        long[] shape(int rows) {
            long[] sizes = shape.clone();
            if (input) {
                sizes[0] = rows;
            }
            return sizes;
        }

        double[] drawn(int rows, SplittableRandom random) {
            int size = 1;
            for (long length : shape(rows)) {
                size *= (int) length;
            }
            double[] numbers = new double[size];
            for (int i = 0; i < size; i++) {
                // A number that float32 holds exactly, so that rounding the input is no part of what is compared.
                numbers[i] = (float) draw.next(random);
            }
            return numbers;
        }
    }

    /** Starts a case. */
    static Builder of(String name, Body body) {
        return new Builder(name, body);
    }

    /** Collects operands. */
    static final class Builder {
        private static final Draw USUAL = Draw.between(-1.5, 1.5);
        private final String name;
        private final Body body;
        private final List<Operand> operands = new ArrayList<>();

        private Builder(String name, Body body) {
            this.name = name;
            this.body = body;
        }

        /** An input [batch, sizes...]. */
        Builder input(String operand, long... sizes) {
            return input(operand, USUAL, sizes);
        }

        Builder input(String operand, Draw draw, long... sizes) {
            long[] shape = new long[sizes.length + 1];
            shape[0] = TensorSpec.BATCH;
            System.arraycopy(sizes, 0, shape, 1, sizes.length);
            operands.add(new Operand(operand, true, draw, shape));
            return this;
        }

        /** A weight. */
        Builder weight(String operand, long... sizes) {
            return weight(operand, USUAL, sizes);
        }

        Builder weight(String operand, Draw draw, long... sizes) {
            operands.add(new Operand(operand, false, draw, sizes));
            return this;
        }

        OperationCase expecting(Formula formula) {
            return new OperationCase(name, body, List.copyOf(operands), formula);
        }
    }

    @Override
    public List<TensorSpec> inputs() {
        return operands.stream()
                .filter(Operand::input)
                .map(operand -> new TensorSpec(operand.name, operand.shape))
                .toList();
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        Map<String, T> all = new LinkedHashMap<>(inputs);
        for (Operand operand : operands) {
            if (!operand.input) {
                all.put(operand.name, ops.weight(operand.name, operand.shape));
            }
        }
        return body.build(ops, operand -> Objects.requireNonNull(all.get(operand), operand));
    }

    /**
     * The operation and half of the same operation on the same operands once more: what reaches an operand on one path
     * must be added to what reached it on another.
     */
    OperationCase onTwoPaths() {
        return new OperationCase(name, new TwoPaths(body), operands, (in, index) -> 1.5 * formula.at(in, index));
    }

    private record TwoPaths(Body body) implements Body {
        @Override
        public <T> T build(Ops<T> ops, Operands<T> in) {
            T once = body.build(ops, in);
            return ops.add(once, ops.scale(body.build(ops, in), 0.5));
        }
    }

    /** The weights as trainable parameters. */
    ParameterLayout layout() {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        for (Operand operand : operands) {
            if (!operand.input) {
                layout.add(operand.name, operand.shape);
            }
        }
        return layout.build();
    }

    /** Operands drawn from a seed. */
    Values draw(int rows, long seed) {
        Values values = new Values();
        SplittableRandom random = new SplittableRandom(seed);
        for (Operand operand : operands) {
            values.put(operand.name, operand.drawn(rows, random), operand.shape(rows));
        }
        return values;
    }

    /** The weights among the values, as they lie in theta. */
    double[] theta(Values values) {
        double[] theta = new double[layout().size()];
        for (ParameterLayout.Entry entry : layout().entries()) {
            System.arraycopy(values.numbers(entry.name()), 0, theta, entry.offset(), entry.size());
        }
        return theta;
    }

    /** The weights among the values, as frozen weights. */
    WeightSource frozen(Values values) {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        for (ParameterLayout.Entry entry : layout().entries()) {
            weights.put(entry.name(), new WeightSource.Weight(values.numbers(entry.name()), entry.shape()));
        }
        return WeightSource.of(weights);
    }

    /** The output's shape for this number of rows. */
    long[] outputShape(int rows) {
        long[] shape =
                CheckedGraph.of(this, WeightSource.none(), layout()).output().sizes();
        shape[0] = rows;
        return shape;
    }

    /** The output by the formula, row-major. */
    double[] expected(Values in, long[] outputShape) {
        int size = 1;
        for (long length : outputShape) {
            size *= (int) length;
        }
        double[] output = new double[size];
        int[] index = new int[outputShape.length];
        for (int i = 0; i < size; i++) {
            int rest = i;
            for (int axis = index.length - 1; axis >= 0; axis--) {
                index[axis] = rest % (int) outputShape[axis];
                rest /= (int) outputShape[axis];
            }
            output[i] = formula.at(in, index);
        }
        return output;
    }

    /**
     * The gradient of {@code sum(output * cotangent)} with respect to one operand, by central differences of fourth
     * order.
     */
    double[] expectedGradient(Values in, String operand, long[] outputShape, double[] cotangent) {
        double step = 1e-3;
        double[] numbers = in.numbers(operand);
        double[] gradient = new double[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            double middle = numbers[i];
            double[] sums = new double[4];
            double[] moves = {-2, -1, 1, 2};
            for (int move = 0; move < 4; move++) {
                numbers[i] = middle + moves[move] * step;
                double[] output = expected(in, outputShape);
                for (int k = 0; k < output.length; k++) {
                    sums[move] += output[k] * cotangent[k];
                }
            }
            numbers[i] = middle;
            gradient[i] = (sums[0] - 8 * sums[1] + 8 * sums[2] - sums[3]) / (12 * step);
        }
        return gradient;
    }

    @Override
    public String toString() {
        return name;
    }
}
