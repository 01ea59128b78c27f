package org.plumbline.toolkit.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;
import org.plumbline.toolkit.graph.Shape;

/**
 * One output of an ONNX file as a graph over our operations: what runs on every backend and has a gradient. Immutable.
 *
 * <p>Only what the output needs is read. Whatever a file computes with sizes and other constants is computed while it is
 * read; the batch stays open.
 */
public final class OnnxGraph implements GraphDefinition {
    /** Operator sets older than this give some operators another meaning. */
    private static final long OLDEST = 13;

    private static final long NEWEST = 23;

    private final OnnxFile file;
    private final String output;
    private final List<TensorSpec> inputs;
    private final List<OnnxNode> nodes;
    private final Shape shape;

    private OnnxGraph(OnnxFile file, String output, List<TensorSpec> inputs, List<OnnxNode> nodes) {
        this.file = file;
        this.output = output;
        this.inputs = inputs;
        this.nodes = nodes;
        this.shape = CheckedGraph.of(this, weights(), ParameterLayout.empty()).output();
    }

    /**
     * Reads an output.
     *
     * @param output its name
     * @param rows the sizes of one row of each input that the output needs, by name, for files that leave them open;
     *     absent inputs must have their sizes in the file
     * @throws PlumblineException {@link StandardError#UNSUPPORTED} with all operators that are missing and the nodes that
     *     have them, or with the node that uses one in a way that cannot be expressed; {@link StandardError#WRONG_SHAPE}
     *     if sizes do not fit; {@link StandardError#NOT_FINITE} if a weight is not a number;
     *     {@link StandardError#BAD_VALUE} if there is no such output
     */
    public static OnnxGraph of(OnnxFile file, String output, Map<String, long[]> rows) {
        if (file.operatorSet() < OLDEST || file.operatorSet() > NEWEST) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("'" + file.path() + "' uses operator set " + file.operatorSet())
                    .available("operator sets " + OLDEST + " to " + NEWEST)
                    .remedy("export it again with opset_version=17")
                    .build();
        }
        if (file.outputs().stream().noneMatch(declared -> declared.name().equals(output))) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("'" + file.path() + "' has no output '" + output + "'")
                    .available(String.join(
                            ", ",
                            file.outputs().stream()
                                    .map(OnnxFile.Declaration::name)
                                    .toList()))
                    .build();
        }
        Set<String> needed = new HashSet<>(Set.of(output));
        List<OnnxNode> nodes = needed(file, needed);
        refuseNotANumber(file, needed);
        refuseMissing(file, nodes);
        List<TensorSpec> inputs = new ArrayList<>();
        for (OnnxFile.Declaration declared : file.inputs()) {
            if (needed.contains(declared.name())) {
                inputs.add(input(file, declared, rows));
            }
        }
        try {
            return new OnnxGraph(file, output, List.copyOf(inputs), nodes);
        } catch (IndexOutOfBoundsException
                | ArithmeticException
                | IllegalArgumentException
                | NegativeArraySizeException
                | NullPointerException e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("a node of '" + file.path() + "' lacks an attribute or has impossible ones: " + e)
                    .remedy("export the model again")
                    .cause(e)
                    .build();
        }
    }

    /** The nodes that a value needs, in order; what they take is added to the names. */
    private static List<OnnxNode> needed(OnnxFile file, Set<String> names) {
        List<OnnxNode> nodes = new ArrayList<>();
        for (int i = file.nodes().size() - 1; i >= 0; i--) {
            OnnxNode node = file.nodes().get(i);
            if (node.outputs().stream().anyMatch(names::contains)) {
                nodes.add(0, node);
                names.addAll(node.inputs());
            }
        }
        return List.copyOf(nodes);
    }

    private static void refuseMissing(OnnxFile file, List<OnnxNode> nodes) {
        Set<String> known = Interpreter.operators();
        Map<String, List<String>> missing = new TreeMap<>();
        for (OnnxNode node : nodes) {
            if (!known.contains(node.qualified())) {
                missing.computeIfAbsent(node.qualified(), operator -> new ArrayList<>())
                        .add(node.name().isEmpty() ? node.outputs().get(0) : node.name());
            }
        }
        if (!missing.isEmpty()) {
            StringJoiner list = new StringJoiner("; ");
            missing.forEach((operator, names) -> list.add(operator + " (" + String.join(", ", names) + ")"));
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("'" + file.path() + "' uses operators that have no gradient here: " + list)
                    .build();
        }
    }

    private static void refuseNotANumber(OnnxFile file, Set<String> needed) {
        for (StoredTensor tensor : file.initializers().values()) {
            if (needed.contains(tensor.name()) && tensor.type().real()) {
                for (float value : tensor.floats()) {
                    if (Float.isNaN(value)) {
                        throw PlumblineException.of(StandardError.NOT_FINITE)
                                .asked("weight '" + tensor.name() + "' of '" + file.path() + "' contains NaN")
                                .remedy("export the model again from weights that are finite")
                                .build();
                    }
                }
            }
        }
    }

    private static TensorSpec input(OnnxFile file, OnnxFile.Declaration declared, Map<String, long[]> rows) {
        long[] shape = declared.shape();
        long[] row = rows.get(declared.name());
        boolean fits = shape.length > 0 && (row == null || row.length == shape.length - 1);
        for (int axis = 1; axis < shape.length && fits; axis++) {
            if (shape[axis] == OnnxFile.FREE && row != null) {
                shape[axis] = row[axis - 1];
            }
            fits = shape[axis] > 0 && (row == null || row[axis - 1] == shape[axis]);
        }
        if (!fits) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("input " + declared + " of '" + file.path() + "' was to be given rows of "
                            + (row == null ? "unknown sizes" : new Shape(row)))
                    .remedy("give the sizes that the file was exported with, or export it with open sizes")
                    .build();
        }
        if (shape[0] != OnnxFile.FREE) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("input " + declared + " of '" + file.path() + "' takes batches of " + shape[0] + " only")
                    .remedy("export it with an open batch: dynamic_axes={'" + declared.name()
                            + "': {0: 'batch'}}, or dynamic_shapes")
                    .build();
        }
        shape[0] = TensorSpec.BATCH;
        return new TensorSpec(declared.name(), shape);
    }

    @Override
    public String name() {
        return String.valueOf(file.path().getFileName());
    }

    /** Those of the file that the output needs. Token ids and other whole numbers are passed as real numbers. */
    @Override
    public List<TensorSpec> inputs() {
        return inputs;
    }

    /** The shape of the output; the first size is the batch. */
    public Shape shape() {
        return shape;
    }

    /** The file's initializers. */
    public WeightSource weights() {
        return new Weights(file);
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> values) {
        Map<String, Operand<T>> known = new LinkedHashMap<>();
        for (OnnxFile.Declaration declared : file.inputs()) {
            for (TensorSpec spec : inputs) {
                if (spec.name().equals(declared.name())) {
                    T tensor = Objects.requireNonNull(values.get(spec.name()), spec.name());
                    known.put(
                            spec.name(),
                            new Operand.Computed<>(declared.type(), Layout.of(spec.shape()), tensor, true));
                }
            }
        }
        return new Interpreter<>(ops, file, known).run(nodes, output);
    }

    /** For messages. */
    @Override
    public String toString() {
        return name() + ": " + inputs + " to " + output + " " + shape;
    }

    private record Weights(OnnxFile file) implements WeightSource {
        @Override
        public boolean contains(String name) {
            return file.initializers().containsKey(name);
        }

        @Override
        public long[] shape(String name) {
            return find(name).shape();
        }

        @Override
        public float[] floats(String name) {
            return find(name).floats();
        }

        @Override
        public double[] doubles(String name) {
            return find(name).doubles();
        }

        private StoredTensor find(String name) {
            StoredTensor found = file.initializers().get(name);
            if (found == null) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("'" + file.path() + "' has no initializer '" + name + "'")
                        .build();
            }
            return found;
        }
    }
}
