package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.graph.CheckedGraph;

/**
 * Runs a graph block of rows by block of rows, so that the intermediate values of a block stay in the cache. Gradients of
 * parameters are summed over the blocks in order; gradients of inputs lie side by side.
 */
final class ReferenceNetwork implements Network {
    /** How many numbers the largest intermediate value of a block should hold: 128 KiB. */
    private static final int BLOCK_NUMBERS = 16_384;

    private final ReferenceSession session;
    private final CheckedGraph checked;
    private final Map<String, Value> frozen;
    private final ParameterLayout trainable;
    private boolean closed;

    ReferenceNetwork(
            ReferenceSession session, CheckedGraph checked, Map<String, Value> frozen, ParameterLayout trainable) {
        this.session = session;
        this.checked = checked;
        this.frozen = frozen;
        this.trainable = trainable;
    }

    @Override
    public GraphDefinition definition() {
        return checked.graph();
    }

    @Override
    public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        Call call = new Call(into, parameters, inputs, Set.of(), false);
        call.run(null);
        return call.arena.own(call.outputShape, call.output);
    }

    @Override
    public VectorJacobian vjp(
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        Call call = new Call(into, parameters, inputs, wrt, !trainable.entries().isEmpty());
        ReferenceTensor pulled = ReferenceTensor.of(cotangent, session);
        if (!Arrays.equals(pulled.sizes(), call.outputShape)) {
            throw Misuse.wrongShape("graph '" + definition().name() + "' returns " + Misuse.text(call.outputShape)
                    + ", but the cotangent is a " + pulled);
        }
        call.run(pulled.data());
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        call.inputGradients.forEach((name, gradient) ->
                gradients.put(name, call.arena.own(call.operand(name).sizes(), gradient)));
        double[] theta = call.parameterGradient();
        return new VectorJacobian(
                call.arena.own(call.outputShape, call.output),
                gradients,
                theta == null ? null : call.arena.own(new int[] {theta.length}, theta));
    }

    @Override
    public void close() {
        closed = true;
        frozen.clear();
    }

    /** One call: its checked operands and what it computes. */
    private final class Call {
        final ReferenceArena arena;
        final int[] outputShape;
        final double[] output;
        final Map<String, double[]> inputGradients = new LinkedHashMap<>();

        private final Map<String, ReferenceTensor> operands = new LinkedHashMap<>();
        private final Map<String, Value> weights = new LinkedHashMap<>(frozen);
        private final boolean trains;
        private final int rows;

        Call(
                TensorArena into,
                @Nullable Tensor parameters,
                Map<String, Tensor> inputs,
                Set<String> wrt,
                boolean trains) {
            this.trains = trains;
            requireOpen();
            arena = ReferenceArena.of(into, session);
            rows = takeInputs(inputs);
            takeParameters(parameters);
            for (String name : wrt) {
                if (!operands.containsKey(name)) {
                    throw unknown(name);
                }
                inputGradients.put(name, new double[operand(name).data().length]);
            }
            long[] shape = checked.output().sizes();
            shape[0] = rows;
            outputShape = Sizes.toInts(shape);
            output = new double[Value.product(outputShape)];
        }

        private void requireOpen() {
            session.requireOpen("the session of graph '" + definition().name() + "'");
            if (closed) {
                throw Misuse.closed("graph '" + definition().name() + "'");
            }
        }

        ReferenceTensor operand(String name) {
            return Objects.requireNonNull(operands.get(name));
        }

        /** Checks names and shapes; returns the number of rows. */
        private int takeInputs(Map<String, Tensor> inputs) {
            int common = -1;
            for (TensorSpec spec : definition().inputs()) {
                Tensor given = inputs.get(spec.name());
                if (given == null) {
                    throw Misuse.broken("graph '" + definition().name() + "' was not given its input '" + spec.name()
                            + "'; given: " + inputs.keySet());
                }
                ReferenceTensor tensor = ReferenceTensor.of(given, session);
                long[] wanted = spec.shape();
                wanted[0] = tensor.sizes()[0];
                if (!Arrays.equals(wanted, tensor.shape())) {
                    throw Misuse.wrongShape("graph '" + definition().name() + "' takes " + spec + ", not a " + tensor);
                }
                if (common >= 0 && common != tensor.rows()) {
                    throw Misuse.wrongShape("graph '" + definition().name() + "' was given " + tensor.rows()
                            + " rows of '" + spec.name() + "' and " + common + " rows of other inputs");
                }
                common = tensor.rows();
                operands.put(spec.name(), tensor);
            }
            Set<String> extra = new LinkedHashSet<>(inputs.keySet());
            extra.removeAll(operands.keySet());
            if (!extra.isEmpty()) {
                throw unknown(extra.iterator().next());
            }
            return common;
        }

        private RuntimeException unknown(String name) {
            return Misuse.broken("graph '" + definition().name() + "' has no input '" + name + "'; it takes "
                    + definition().inputs());
        }

        private void takeParameters(@Nullable Tensor parameters) {
            int size = trainable.size();
            if (parameters == null) {
                if (size > 0) {
                    throw Misuse.wrongShape("graph '" + definition().name() + "' needs its " + size + " parameters");
                }
                return;
            }
            ReferenceTensor theta = ReferenceTensor.of(parameters, session);
            if (theta.sizes().length != 1 || theta.rows() != size) {
                throw Misuse.wrongShape(
                        "graph '" + definition().name() + "' has " + size + " parameters, not a " + theta);
            }
            for (ParameterLayout.Entry entry : trainable.entries()) {
                double[] part = Arrays.copyOfRange(theta.data(), entry.offset(), entry.offset() + entry.size());
                weights.put(entry.name(), new Value(Sizes.toInts(entry.shape()), part, trains));
            }
        }

        /** Computes the output and, with a cotangent, the gradients. */
        void run(double @Nullable [] cotangent) {
            int block = (int) Math.max(1, BLOCK_NUMBERS / checked.largestRow());
            for (int from = 0; from < rows; from += block) {
                run(from, Math.min(rows, from + block), cotangent);
            }
        }

        private void run(int from, int to, double @Nullable [] cotangent) {
            Tape tape = new Tape();
            Map<String, Value> inputs = new LinkedHashMap<>();
            operands.forEach((name, tensor) -> inputs.put(name, input(name, tensor, from, to)));
            Value result = definition().build(new ReferenceOps(tape, weights), inputs);
            int row = Value.product(outputShape, 1, outputShape.length);
            System.arraycopy(result.data, 0, output, from * row, (to - from) * row);
            if (cotangent != null) {
                tape.sweep(result, Arrays.copyOfRange(cotangent, from * row, to * row));
                inputGradients.forEach((name, gradient) -> {
                    double[] found = Objects.requireNonNull(inputs.get(name)).gradient();
                    System.arraycopy(found, 0, gradient, from * operand(name).rowSize(), found.length);
                });
            }
        }

        private Value input(String name, ReferenceTensor tensor, int from, int to) {
            int[] sizes = tensor.sizes().clone();
            sizes[0] = to - from;
            int row = tensor.rowSize();
            // A copy even of the whole: the caller may accumulate to its tensor later.
            double[] numbers = Arrays.copyOfRange(tensor.data(), from * row, to * row);
            return new Value(sizes, numbers, inputGradients.containsKey(name));
        }

        /** The gradient of theta, or null if there are no parameters. */
        double @Nullable [] parameterGradient() {
            if (trainable.entries().isEmpty()) {
                return null;
            }
            double[] theta = new double[trainable.size()];
            for (ParameterLayout.Entry entry : trainable.entries()) {
                double[] part =
                        Objects.requireNonNull(weights.get(entry.name())).gradient();
                System.arraycopy(part, 0, theta, entry.offset(), part.length);
            }
            return theta;
        }
    }
}
