package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;

/**
 * Writes a network as the body of a TorchScript method, one line per operation. Values are {@linkplain Symbol variables}.
 *
 * <p>Frozen weights and constants become attributes of the program's class: they are loaded once and stay on the device.
 * Trainable parameters are views of one argument, theta, so that its gradient comes back as one flat vector. Not
 * thread-safe; used for one graph.
 */
final class TorchScriptOps implements Ops<Symbol> {
    /** PyTorch's number for int64. */
    private static final int INT64 = 4;

    private final WeightSource frozen;
    private final ParameterLayout trainable;
    private final ShapeOps shapes;
    private final StringBuilder body = new StringBuilder();
    private final List<TorchScriptArchive.Attribute> attributes = new ArrayList<>();
    private final Map<String, Symbol> weights = new HashMap<>();
    private int variables;

    TorchScriptOps(String graph, WeightSource frozen, ParameterLayout trainable) {
        this.frozen = frozen;
        this.trainable = trainable;
        shapes = new ShapeOps(graph, frozen, trainable);
        if (trainable.size() > 0) {
            List<Integer> sizes = trainable.entries().stream()
                    .map(ParameterLayout.Entry::size)
                    .toList();
            line("parts = torch.split_with_sizes(theta, " + sizes + ")");
        }
    }

    /** The variables of a graph's inputs, by name: x0, x1, and so on. */
    Map<String, Symbol> inputs(List<TensorSpec> specs) {
        Map<String, Symbol> symbols = new HashMap<>();
        for (int i = 0; i < specs.size(); i++) {
            TensorSpec spec = specs.get(i);
            symbols.put(spec.name(), new Symbol("x" + i, Symbol.input(i), shapes.input(spec)));
        }
        return symbols;
    }

    /** The lines written so far. */
    String body() {
        return body.toString();
    }

    /** The weights and constants that the lines refer to. */
    List<TorchScriptArchive.Attribute> attributes() {
        return List.copyOf(attributes);
    }

    @Override
    public long[] shape(Symbol x) {
        return x.shape().sizes();
    }

    @Override
    public Symbol weight(String name, long... shape) {
        Shape checked = shapes.weight(name, shape);
        return weights.computeIfAbsent(name, key -> trainable.contains(key) ? parameter(key) : frozen(key, checked));
    }

    private Symbol parameter(String name) {
        ParameterLayout.Entry entry = trainable.entry(name);
        Shape shape = new Shape(entry.shape());
        Symbol part = new Symbol("parts[" + trainable.entries().indexOf(entry) + "]", Symbol.THETA, shape);
        return shape.rank() == 1 ? part : emit("view", shape, List.of(part), list(entry.shape()));
    }

    private Symbol frozen(String name, Shape shape) {
        return attribute(() -> frozen.floats(name), shape);
    }

    @Override
    public Symbol constant(double[] values, long... shape) {
        Shape checked = shapes.constant(values, shape);
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return attribute(() -> rounded, checked);
    }

    private Symbol attribute(Supplier<float[]> values, Shape shape) {
        String name = "w" + attributes.size();
        attributes.add(new TorchScriptArchive.Attribute(name, values, shape.sizes()));
        return new Symbol("self." + name, 0, shape);
    }

    // ---- element by element

    @Override
    public Symbol add(Symbol a, Symbol b) {
        return emit("add", shapes.add(a.shape(), b.shape()), List.of(a, b));
    }

    @Override
    public Symbol sub(Symbol a, Symbol b) {
        return emit("sub", shapes.sub(a.shape(), b.shape()), List.of(a, b));
    }

    @Override
    public Symbol mul(Symbol a, Symbol b) {
        return emit("mul", shapes.mul(a.shape(), b.shape()), List.of(a, b));
    }

    @Override
    public Symbol div(Symbol a, Symbol b) {
        return emit("div", shapes.div(a.shape(), b.shape()), List.of(a, b));
    }

    @Override
    public Symbol scale(Symbol x, double factor) {
        return emit("mul", x.shape(), List.of(x), literal(factor));
    }

    @Override
    public Symbol shift(Symbol x, double term) {
        return emit("add", x.shape(), List.of(x), literal(term));
    }

    @Override
    public Symbol exp(Symbol x) {
        return emit("exp", x.shape(), List.of(x));
    }

    @Override
    public Symbol log(Symbol x) {
        return emit("log", x.shape(), List.of(x));
    }

    @Override
    public Symbol sqrt(Symbol x) {
        return emit("sqrt", x.shape(), List.of(x));
    }

    @Override
    public Symbol sin(Symbol x) {
        return emit("sin", x.shape(), List.of(x));
    }

    @Override
    public Symbol cos(Symbol x) {
        return emit("cos", x.shape(), List.of(x));
    }

    @Override
    public Symbol tanh(Symbol x) {
        return emit("tanh", x.shape(), List.of(x));
    }

    @Override
    public Symbol sigmoid(Symbol x) {
        return emit("sigmoid", x.shape(), List.of(x));
    }

    @Override
    public Symbol relu(Symbol x) {
        return emit("relu", x.shape(), List.of(x));
    }

    @Override
    public Symbol erf(Symbol x) {
        return emit("erf", x.shape(), List.of(x));
    }

    @Override
    public Symbol gelu(Symbol x) {
        return emit("gelu", x.shape(), List.of(x));
    }

    @Override
    public Symbol silu(Symbol x) {
        return emit("silu", x.shape(), List.of(x));
    }

    @Override
    public Symbol clamp(Symbol x, double low, double high) {
        return emit("clamp", shapes.clamp(x.shape(), low, high), List.of(x), bound(low), bound(high));
    }

    // ---- reductions

    @Override
    public Symbol sum(Symbol x, boolean keep, int... axes) {
        return reduce("sum", shapes.sum(x.shape(), keep, axes), x, keep, axes);
    }

    @Override
    public Symbol mean(Symbol x, boolean keep, int... axes) {
        return reduce("mean", shapes.mean(x.shape(), keep, axes), x, keep, axes);
    }

    private Symbol reduce(String operation, Shape result, Symbol x, boolean keep, int... axes) {
        // libtorch would read no axes as all axes
        return axes.length == 0 ? x : emit(operation, result, List.of(x), Arrays.toString(axes), literal(keep));
    }

    @Override
    public Symbol softmax(Symbol x) {
        return emit("softmax", shapes.softmax(x.shape()), List.of(x), "-1");
    }

    @Override
    public Symbol logSoftmax(Symbol x) {
        return emit("log_softmax", shapes.logSoftmax(x.shape()), List.of(x), "-1");
    }

    // ---- linear algebra

    @Override
    public Symbol matmul(Symbol a, Symbol b) {
        return emit("matmul", shapes.matmul(a.shape(), b.shape()), List.of(a, b));
    }

    @Override
    public Symbol linear(Symbol x, Symbol w, @Nullable Symbol b) {
        return emit("linear", shapes.linear(x.shape(), w.shape(), shapeOf(b)), operands(x, w, b));
    }

    @Override
    public Symbol attention(Symbol q, Symbol k, Symbol v, boolean causal) {
        Shape result = shapes.attention(q.shape(), k.shape(), v.shape(), causal);
        return emit("scaled_dot_product_attention", result, List.of(q, k, v), "None", "0.", literal(causal));
    }

    // ---- images

    @Override
    public Symbol conv2d(Symbol x, Symbol w, @Nullable Symbol b, int stride, int padding) {
        Shape result = shapes.conv2d(x.shape(), w.shape(), shapeOf(b), stride, padding);
        List<String> arguments = List.of(
                x.name(), w.name(), b == null ? "None" : b.name(), list(stride, stride), list(padding, padding));
        return call("conv2d", result, operands(x, w, b), arguments);
    }

    @Override
    public Symbol conv2d(Symbol x, Symbol w, @Nullable Symbol b, Window window, int groups) {
        Shape result = shapes.conv2d(x.shape(), w.shape(), shapeOf(b), window, groups);
        boolean even = window.top() == window.bottom() && window.left() == window.right();
        Symbol padded = even ? x : padded(x, window, "0.");
        List<String> arguments = List.of(
                padded.name(),
                w.name(),
                b == null ? "None" : b.name(),
                list(window.strideY(), window.strideX()),
                even ? list(window.top(), window.left()) : list(0, 0),
                list(window.dilationY(), window.dilationX()),
                Integer.toString(groups));
        return call("conv2d", result, operands(padded, w, b), arguments);
    }

    @Override
    public Symbol maxPool2d(Symbol x, int kernelHeight, int kernelWidth, Window window) {
        Shape result = shapes.maxPool2d(x.shape(), kernelHeight, kernelWidth, window);
        // libtorch pads by half a kernel at most, and evenly. Nothing in float32 is smaller than this number.
        Symbol padded = padded(x, window, literal(-Float.MAX_VALUE));
        return emit(
                "max_pool2d",
                result,
                List.of(padded),
                list(kernelHeight, kernelWidth),
                list(window.strideY(), window.strideX()),
                list(0, 0),
                list(window.dilationY(), window.dilationX()));
    }

    private Symbol padded(Symbol x, Window window, String value) {
        if (window.left() + window.right() + window.top() + window.bottom() == 0) {
            return x;
        }
        Shape result = shapes.pad2d(x.shape(), window.left(), window.right(), window.top(), window.bottom());
        String sides = list(window.left(), window.right(), window.top(), window.bottom());
        return emit("constant_pad_nd", result, List.of(x), sides, value);
    }

    @Override
    public Symbol pad2d(Symbol x, int left, int right, int top, int bottom) {
        Shape result = shapes.pad2d(x.shape(), left, right, top, bottom);
        return emit("constant_pad_nd", result, List.of(x), list(left, right, top, bottom), "0.");
    }

    @Override
    public Symbol upsampleNearest2x(Symbol x) {
        Shape result = shapes.upsampleNearest2x(x.shape());
        return emit("upsample_nearest2d", result, List.of(x), list(result.size(2), result.size(3)));
    }

    @Override
    public Symbol avgPool2d(Symbol x, int kernel) {
        return emit("avg_pool2d", shapes.avgPool2d(x.shape(), kernel), List.of(x), list(kernel, kernel));
    }

    // ---- normalisation

    @Override
    public Symbol groupNorm(Symbol x, int groups, Symbol gamma, Symbol beta, double eps) {
        Shape result = shapes.groupNorm(x.shape(), groups, gamma.shape(), beta.shape(), eps);
        return call(
                "group_norm",
                result,
                List.of(x, gamma, beta),
                List.of(x.name(), Integer.toString(groups), gamma.name(), beta.name(), literal(eps)));
    }

    @Override
    public Symbol layerNorm(Symbol x, Symbol gamma, Symbol beta, double eps) {
        Shape result = shapes.layerNorm(x.shape(), gamma.shape(), beta.shape(), eps);
        String width = list(result.size(result.rank() - 1));
        return call(
                "layer_norm",
                result,
                List.of(x, gamma, beta),
                List.of(x.name(), width, gamma.name(), beta.name(), literal(eps)));
    }

    // ---- rearrangement

    @Override
    public Symbol embedding(Symbol table, Symbol indices) {
        Shape result = shapes.embedding(table.shape(), indices.shape());
        String whole = "torch.to(" + indices.name() + ", " + INT64 + ")";
        return emit("embedding", result, List.of(table), whole); // an index has no derivative
    }

    @Override
    public Symbol reshape(Symbol x, long... shape) {
        return emit("reshape", shapes.reshape(x.shape(), shape), List.of(x), list(shape));
    }

    @Override
    public Symbol transpose(Symbol x, int... order) {
        return emit("permute", shapes.transpose(x.shape(), order), List.of(x), Arrays.toString(order));
    }

    @Override
    public Symbol concat(int axis, List<Symbol> parts) {
        Shape result = shapes.concat(axis, parts.stream().map(Symbol::shape).toList());
        String all = "[" + String.join(", ", parts.stream().map(Symbol::name).toList()) + "]";
        return call("cat", result, parts, List.of(all, Integer.toString(axis)));
    }

    @Override
    public Symbol slice(Symbol x, int axis, long from, long to) {
        Shape result = shapes.slice(x.shape(), axis, from, to);
        return emit("slice", result, List.of(x), Integer.toString(axis), Long.toString(from), Long.toString(to));
    }

    // ---- writing

    /** Writes a call whose arguments are the operands and then the rest. */
    private Symbol emit(String function, Shape shape, List<Symbol> operands, String... rest) {
        List<String> arguments = new ArrayList<>();
        operands.forEach(operand -> arguments.add(operand.name()));
        arguments.addAll(List.of(rest));
        return call(function, shape, operands, arguments);
    }

    private Symbol call(String function, Shape shape, List<Symbol> operands, List<String> arguments) {
        String name = "v" + variables++;
        line(name + " = torch." + function + "(" + String.join(", ", arguments) + ")");
        long sources = 0;
        for (Symbol operand : operands) {
            sources |= operand.sources();
        }
        return new Symbol(name, sources, shape);
    }

    private void line(String statement) {
        body.append("    ").append(statement).append('\n');
    }

    private static List<Symbol> operands(Symbol x, Symbol w, @Nullable Symbol b) {
        return b == null ? List.of(x, w) : List.of(x, w, b);
    }

    private static @Nullable Shape shapeOf(@Nullable Symbol x) {
        return x == null ? null : x.shape();
    }

    private static String list(long... numbers) {
        return Arrays.toString(numbers);
    }

    private static String literal(boolean value) {
        return value ? "True" : "False";
    }

    private static String literal(double value) {
        if (!Double.isFinite(value)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a graph contains the number " + value)
                    .build();
        }
        return Double.toString(value).toLowerCase(Locale.ROOT);
    }

    /** An infinite bound is no bound. */
    private static String bound(double value) {
        return Double.isInfinite(value) ? "None" : literal(value);
    }
}
