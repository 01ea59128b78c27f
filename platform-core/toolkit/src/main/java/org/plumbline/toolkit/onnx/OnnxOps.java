package org.plumbline.toolkit.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;

/** An interpreter that records ONNX nodes. Used for one walk through a graph, by one thread. */
final class OnnxOps implements Ops<OnnxOps.Value> {
    /** A value by its name in the file. */
    record Value(String name, Shape shape) {}

    /** Says what stands in the file for a weight; called once per weight, with the name of its value in the file. */
    interface Weights {
        void declare(OnnxOps ops, String weight, String name, long[] shape);
    }

    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    private final ShapeOps shapes;
    private final Weights weights;
    private final List<Message> nodes = new ArrayList<>();
    private final List<Message> initializers = new ArrayList<>();
    private final Set<String> known = new LinkedHashSet<>();
    private final Map<String, String> weightNames = new HashMap<>();

    OnnxOps(ShapeOps shapes, Weights weights) {
        this.shapes = shapes;
        this.weights = weights;
    }

    /** The numbers of all weights in the file. */
    static Weights inTheFile(WeightSource source) {
        return (ops, weight, name, shape) -> ops.initializers.add(floats(name, source.floats(weight), shape));
    }

    List<Message> nodes() {
        return nodes;
    }

    List<Message> initializers() {
        return initializers;
    }

    void initializer(Message tensor) {
        initializers.add(tensor);
    }

    Value input(TensorSpec spec) {
        known.add(spec.name());
        return new Value(spec.name(), shapes.input(spec));
    }

    /** The same value under a name of its own, which is the given one unless a value has it already. */
    Value named(Value x, String name) {
        String own = unused(name);
        nodes.add(new Node("Identity", own, x.name).message);
        return new Value(own, x.shape);
    }

    @Override
    public long[] shape(Value x) {
        return x.shape.sizes();
    }

    @Override
    public Value weight(String name, long... shape) {
        Shape checked = shapes.weight(name, shape);
        String own = weightNames.get(name);
        if (own == null) {
            own = unused(name);
            weightNames.put(name, own);
            weights.declare(this, name, own, shape);
        }
        return new Value(own, checked);
    }

    @Override
    public Value constant(double[] values, long... shape) {
        Shape checked = shapes.constant(values, shape);
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        String name = fresh("constant");
        initializers.add(floats(name, rounded, shape));
        return new Value(name, checked);
    }

    // ---- element by element

    @Override
    public Value add(Value a, Value b) {
        return record("Add", shapes.add(a.shape, b.shape), a.name, b.name);
    }

    @Override
    public Value sub(Value a, Value b) {
        return record("Sub", shapes.sub(a.shape, b.shape), a.name, b.name);
    }

    @Override
    public Value mul(Value a, Value b) {
        return record("Mul", shapes.mul(a.shape, b.shape), a.name, b.name);
    }

    @Override
    public Value div(Value a, Value b) {
        return record("Div", shapes.div(a.shape, b.shape), a.name, b.name);
    }

    @Override
    public Value scale(Value x, double factor) {
        return factor == 1 ? x : record("Mul", x.shape, x.name, scalar(factor));
    }

    @Override
    public Value shift(Value x, double term) {
        return record("Add", x.shape, x.name, scalar(term));
    }

    @Override
    public Value exp(Value x) {
        return record("Exp", x.shape, x.name);
    }

    @Override
    public Value log(Value x) {
        return record("Log", x.shape, x.name);
    }

    @Override
    public Value sqrt(Value x) {
        return record("Sqrt", x.shape, x.name);
    }

    @Override
    public Value sin(Value x) {
        return record("Sin", x.shape, x.name);
    }

    @Override
    public Value cos(Value x) {
        return record("Cos", x.shape, x.name);
    }

    @Override
    public Value tanh(Value x) {
        return record("Tanh", x.shape, x.name);
    }

    @Override
    public Value sigmoid(Value x) {
        return record("Sigmoid", x.shape, x.name);
    }

    @Override
    public Value relu(Value x) {
        return record("Relu", x.shape, x.name);
    }

    @Override
    public Value erf(Value x) {
        return record("Erf", x.shape, x.name);
    }

    @Override
    public Value gelu(Value x) {
        return record("Gelu", x.shape, x.name);
    }

    @Override
    public Value clamp(Value x, double low, double high) {
        return record("Clip", shapes.clamp(x.shape, low, high), x.name, scalar(low), scalar(high));
    }

    // ---- reductions

    @Override
    public Value sum(Value x, boolean keep, int... axes) {
        long[] positions = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            positions[i] = axes[i];
        }
        Shape shape = shapes.sum(x.shape, keep, axes);
        return record("ReduceSum", shape, node -> node.integer("keepdims", keep ? 1 : 0), x.name, integers(positions));
    }

    @Override
    public Value softmax(Value x) {
        return record("Softmax", shapes.softmax(x.shape), node -> node.integer("axis", -1), x.name);
    }

    @Override
    public Value logSoftmax(Value x) {
        return record("LogSoftmax", shapes.logSoftmax(x.shape), node -> node.integer("axis", -1), x.name);
    }

    // ---- linear algebra

    @Override
    public Value matmul(Value a, Value b) {
        return record("MatMul", shapes.matmul(a.shape, b.shape), a.name, b.name);
    }

    @Override
    public Value linear(Value x, Value w, @Nullable Value b) {
        Shape shape = shapes.linear(x.shape, w.shape, b == null ? null : b.shape);
        Value product = record("MatMul", shape, x.name, transpose(w, 1, 0).name);
        return b == null ? product : record("Add", shape, product.name, b.name);
    }

    // ---- images

    @Override
    public Value conv2d(Value x, Value w, @Nullable Value b, int stride, int padding) {
        Shape shape = shapes.conv2d(x.shape, w.shape, b == null ? null : b.shape, stride, padding);
        Consumer<Node> attributes = node -> node.integers("kernel_shape", w.shape.size(2), w.shape.size(3))
                .integers("strides", stride, stride)
                .integers("pads", padding, padding, padding, padding);
        return b == null
                ? record("Conv", shape, attributes, x.name, w.name)
                : record("Conv", shape, attributes, x.name, w.name, b.name);
    }

    @Override
    public Value conv2d(Value x, Value w, @Nullable Value b, Window window, int groups) {
        Shape shape = shapes.conv2d(x.shape, w.shape, b == null ? null : b.shape, window, groups);
        Consumer<Node> attributes = node -> {
            node.integers("kernel_shape", w.shape.size(2), w.shape.size(3)).integer("group", groups);
            window(node, window);
        };
        return b == null
                ? record("Conv", shape, attributes, x.name, w.name)
                : record("Conv", shape, attributes, x.name, w.name, b.name);
    }

    @Override
    public Value maxPool2d(Value x, int kernelHeight, int kernelWidth, Window window) {
        Shape shape = shapes.maxPool2d(x.shape, kernelHeight, kernelWidth, window);
        Consumer<Node> attributes = node -> {
            node.integers("kernel_shape", kernelHeight, kernelWidth);
            window(node, window);
        };
        return record("MaxPool", shape, attributes, x.name);
    }

    private static void window(Node node, Window window) {
        node.integers("strides", window.strideY(), window.strideX())
                .integers("dilations", window.dilationY(), window.dilationX())
                .integers("pads", window.top(), window.left(), window.bottom(), window.right());
    }

    @Override
    public Value pad2d(Value x, int left, int right, int top, int bottom) {
        Shape shape = shapes.pad2d(x.shape, left, right, top, bottom);
        return record("Pad", shape, x.name, integers(0, 0, top, left, 0, 0, bottom, right));
    }

    @Override
    public Value upsampleNearest2x(Value x) {
        Shape shape = shapes.upsampleNearest2x(x.shape);
        String scales = fresh("scales");
        initializers.add(floats(scales, new float[] {1, 1, 2, 2}, 4));
        Consumer<Node> attributes = node -> node.text("mode", "nearest")
                .text("coordinate_transformation_mode", "asymmetric")
                .text("nearest_mode", "floor");
        return record("Resize", shape, attributes, x.name, "", scales);
    }

    @Override
    public Value avgPool2d(Value x, int kernel) {
        Shape shape = shapes.avgPool2d(x.shape, kernel);
        Consumer<Node> attributes =
                node -> node.integers("kernel_shape", kernel, kernel).integers("strides", kernel, kernel);
        return record("AveragePool", shape, attributes, x.name);
    }

    // ---- normalisation

    /**
     * Not by ONNX's GroupNormalization, for which few runtimes have a kernel: most unfold it into twenty operations. A group
     * is an instance of a larger channel, and gamma and beta are a batch normalisation whose statistics are 0 and 1.
     */
    @Override
    public Value groupNorm(Value x, int groups, Value gamma, Value beta, double eps) {
        Shape shape = shapes.groupNorm(x.shape, groups, gamma.shape, beta.shape, eps);
        long row = x.shape.rowSize() / x.shape.rowsPerRow();
        Value grouped = reshape(x, TensorSpec.BATCH, groups, row / groups);
        Value normal = record(
                "InstanceNormalization",
                grouped.shape,
                node -> node.real("epsilon", (float) eps),
                grouped.name,
                filled(groups, 1),
                filled(groups, 0));
        long[] sizes = shape.sizes();
        sizes[0] = TensorSpec.BATCH;
        Value whole = reshape(normal, sizes);
        int channels = Math.toIntExact(shape.size(1));
        return record(
                "BatchNormalization",
                shape,
                node -> node.real("epsilon", 0),
                whole.name,
                gamma.name,
                beta.name,
                filled(channels, 0),
                filled(channels, 1));
    }

    @Override
    public Value layerNorm(Value x, Value gamma, Value beta, double eps) {
        Shape shape = shapes.layerNorm(x.shape, gamma.shape, beta.shape, eps);
        Consumer<Node> attributes = node -> node.integer("axis", -1).real("epsilon", (float) eps);
        return record("LayerNormalization", shape, attributes, x.name, gamma.name, beta.name);
    }

    // ---- rearrangement

    @Override
    public Value embedding(Value table, Value indices) {
        Shape shape = shapes.embedding(table.shape, indices.shape);
        Value whole = record("Cast", indices.shape, node -> node.integer("to", INT64), indices.name);
        return record("Gather", shape, node -> node.integer("axis", 0), table.name, whole.name);
    }

    @Override
    public Value reshape(Value x, long... shape) {
        return record("Reshape", shapes.reshape(x.shape, shape), x.name, integers(shape));
    }

    @Override
    public Value transpose(Value x, int... order) {
        long[] permutation = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            permutation[i] = order[i] < 0 ? order[i] + order.length : order[i];
        }
        Shape shape = shapes.transpose(x.shape, order);
        return record("Transpose", shape, node -> node.integers("perm", permutation), x.name);
    }

    @Override
    public Value concat(int axis, List<Value> parts) {
        Shape shape = shapes.concat(axis, parts.stream().map(Value::shape).toList());
        String[] names = parts.stream().map(Value::name).toArray(String[]::new);
        return record("Concat", shape, node -> node.integer("axis", axis), names);
    }

    @Override
    public Value slice(Value x, int axis, long from, long to) {
        Shape shape = shapes.slice(x.shape, axis, from, to);
        return record("Slice", shape, x.name, integers(from), integers(to), integers(axis));
    }

    // ---- recording

    private Value record(String operator, Shape shape, String... inputs) {
        return record(operator, shape, node -> {}, inputs);
    }

    private Value record(String operator, Shape shape, Consumer<Node> attributes, String... inputs) {
        String name = fresh(operator);
        Node node = new Node(operator, name, inputs);
        attributes.accept(node);
        nodes.add(node.message);
        return new Value(name, shape);
    }

    /** A name that begins with this word and that no value has. */
    private String fresh(String word) {
        return unused(word + "." + known.size());
    }

    private String unused(String wanted) {
        String name = wanted;
        while (!known.add(name)) {
            name = "_" + name;
        }
        return name;
    }

    private String scalar(double value) {
        String name = fresh("scalar");
        initializers.add(floats(name, new float[] {(float) value}));
        return name;
    }

    /** A vector whose numbers are all the same. */
    private String filled(int length, float value) {
        String name = fresh("filled");
        float[] values = new float[length];
        Arrays.fill(values, value);
        initializers.add(floats(name, values, length));
        return name;
    }

    private String integers(long... values) {
        String name = fresh("integers");
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        initializers.add(
                new Message().add(1, values.length).add(2, INT64).add(8, name).add(9, data.array()));
        return name;
    }

    private static Message floats(String name, float[] values, long... shape) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        Message tensor = new Message();
        for (long size : shape) {
            tensor.add(1, size);
        }
        return tensor.add(2, FLOAT).add(8, name).add(9, data.array());
    }

    /** A node and its attributes. */
    private static final class Node {
        private static final int REAL = 1;
        private static final int INTEGER = 2;
        private static final int TEXT = 3;
        private static final int INTEGERS = 7;

        private final Message message = new Message();

        private Node(String operator, String output, String... inputs) {
            for (String input : inputs) {
                message.add(1, input);
            }
            message.add(2, output).add(3, output).add(4, operator);
        }

        private Node integer(String name, long value) {
            message.add(5, new Message().add(1, name).add(3, value).add(20, INTEGER));
            return this;
        }

        private Node real(String name, float value) {
            message.add(5, new Message().add(1, name).add(2, value).add(20, REAL));
            return this;
        }

        private Node text(String name, String value) {
            message.add(5, new Message().add(1, name).add(4, value).add(20, TEXT));
            return this;
        }

        private Node integers(String name, long... values) {
            Message attribute = new Message().add(1, name);
            for (long value : values) {
                attribute.add(8, value);
            }
            message.add(5, attribute.add(20, INTEGERS));
            return this;
        }
    }
}
