package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.backend.djl.pytorch.SegmentRecorder.Rule;
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
 * Writes a network as TorchScript, one statement per operation. Values are {@linkplain Symbol variables}.
 *
 * <p>Frozen weights and constants become attributes of the program's class: they are loaded once and stay on the device.
 * Trainable parameters are parts of one argument, theta. Not thread-safe; used for one graph.
 */
final class TorchScriptOps implements Ops<Symbol> {
    /** PyTorch's number for int64. */
    private static final int INT64 = 4;

    private final WeightSource frozen;
    private final ParameterLayout trainable;
    private final ShapeOps shapes;
    private final SegmentRecorder recorder;
    private final Map<String, Symbol> weights = new HashMap<>();

    TorchScriptOps(String graph, WeightSource frozen, ParameterLayout trainable, SegmentRecorder recorder) {
        this.frozen = frozen;
        this.trainable = trainable;
        this.recorder = recorder;
        shapes = new ShapeOps(graph, frozen, trainable);
    }

    /** The variables of a graph's inputs, by name, in order. */
    Map<String, Symbol> inputs(List<TensorSpec> specs) {
        Map<String, Symbol> symbols = new LinkedHashMap<>();
        for (int i = 0; i < specs.size(); i++) {
            symbols.put(specs.get(i).name(), recorder.input(i, shapes.input(specs.get(i))));
        }
        return symbols;
    }

    @Override
    public long[] shape(Symbol x) {
        return x.shape().sizes();
    }

    @Override
    public Symbol boundary(Symbol x) {
        recorder.boundary();
        return x;
    }

    @Override
    public Symbol weight(String name, long... shape) {
        Shape checked = shapes.weight(name, shape);
        return weights.computeIfAbsent(name, key -> {
            if (trainable.contains(key)) {
                ParameterLayout.Entry entry = trainable.entry(key);
                return recorder.parameter(trainable.entries().indexOf(entry), new Shape(entry.shape()));
            }
            return recorder.constant(() -> frozen.floats(key), checked);
        });
    }

    @Override
    public Symbol constant(double[] values, long... shape) {
        Shape checked = shapes.constant(values, shape);
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return recorder.constant(() -> rounded, checked);
    }

    // ---- element by element

    @Override
    public Symbol add(Symbol a, Symbol b) {
        return widest("add", shapes.add(a.shape(), b.shape()), a, b);
    }

    @Override
    public Symbol sub(Symbol a, Symbol b) {
        return widest("sub", shapes.sub(a.shape(), b.shape()), a, b);
    }

    @Override
    public Symbol mul(Symbol a, Symbol b) {
        return widest("mul", shapes.mul(a.shape(), b.shape()), a, b);
    }

    @Override
    public Symbol div(Symbol a, Symbol b) {
        return widest("div", shapes.div(a.shape(), b.shape()), a, b);
    }

    @Override
    public Symbol scale(Symbol x, double factor) {
        return widest("mul", x.shape(), x, literal(factor));
    }

    @Override
    public Symbol shift(Symbol x, double term) {
        return widest("add", x.shape(), x, literal(term));
    }

    @Override
    public Symbol exp(Symbol x) {
        return full("exp", x.shape(), x);
    }

    @Override
    public Symbol log(Symbol x) {
        return full("log", x.shape(), x);
    }

    @Override
    public Symbol sqrt(Symbol x) {
        return full("sqrt", x.shape(), x);
    }

    @Override
    public Symbol sin(Symbol x) {
        return full("sin", x.shape(), x);
    }

    @Override
    public Symbol cos(Symbol x) {
        return full("cos", x.shape(), x);
    }

    @Override
    public Symbol tanh(Symbol x) {
        return widest("tanh", x.shape(), x);
    }

    @Override
    public Symbol sigmoid(Symbol x) {
        return widest("sigmoid", x.shape(), x);
    }

    @Override
    public Symbol relu(Symbol x) {
        return widest("relu", x.shape(), x);
    }

    @Override
    public Symbol erf(Symbol x) {
        return widest("erf", x.shape(), x);
    }

    @Override
    public Symbol gelu(Symbol x) {
        return widest("gelu", x.shape(), x);
    }

    @Override
    public Symbol silu(Symbol x) {
        return widest("silu", x.shape(), x);
    }

    @Override
    public Symbol clamp(Symbol x, double low, double high) {
        return widest("clamp", shapes.clamp(x.shape(), low, high), x, bound(low), bound(high));
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
        return axes.length == 0 ? x : full(operation, result, x, Arrays.toString(axes), literal(keep));
    }

    @Override
    public Symbol softmax(Symbol x) {
        return full("softmax", shapes.softmax(x.shape()), x, "-1");
    }

    @Override
    public Symbol logSoftmax(Symbol x) {
        return full("log_softmax", shapes.logSoftmax(x.shape()), x, "-1");
    }

    // ---- linear algebra

    @Override
    public Symbol matmul(Symbol a, Symbol b) {
        return low("matmul", shapes.matmul(a.shape(), b.shape()), a, b);
    }

    @Override
    public Symbol linear(Symbol x, Symbol w, @Nullable Symbol b) {
        return low("linear", shapes.linear(x.shape(), w.shape(), shapeOf(b)), x, w, b);
    }

    @Override
    public Symbol attention(Symbol q, Symbol k, Symbol v, boolean causal) {
        Shape result = shapes.attention(q.shape(), k.shape(), v.shape(), causal);
        return low("scaled_dot_product_attention", result, q, k, v, null, "0.", literal(causal));
    }

    // ---- images

    @Override
    public Symbol conv2d(Symbol x, Symbol w, @Nullable Symbol b, int stride, int padding) {
        Shape result = shapes.conv2d(x.shape(), w.shape(), shapeOf(b), stride, padding);
        return low("conv2d", result, x, w, b, list(stride, stride), list(padding, padding));
    }

    @Override
    public Symbol conv2d(Symbol x, Symbol w, @Nullable Symbol b, Window window, int groups) {
        Shape result = shapes.conv2d(x.shape(), w.shape(), shapeOf(b), window, groups);
        boolean even = window.top() == window.bottom() && window.left() == window.right();
        Symbol padded = even ? x : padded(x, window, "0.");
        return low(
                "conv2d",
                result,
                padded,
                w,
                b,
                list(window.strideY(), window.strideX()),
                even ? list(window.top(), window.left()) : list(0, 0),
                list(window.dilationY(), window.dilationX()),
                Integer.toString(groups));
    }

    @Override
    public Symbol maxPool2d(Symbol x, int kernelHeight, int kernelWidth, Window window) {
        Shape result = shapes.maxPool2d(x.shape(), kernelHeight, kernelWidth, window);
        // libtorch pads by half a kernel at most, and evenly. Nothing in float32 is smaller than this number; in
        // float16
        // it does not exist.
        Symbol padded = padded(recorder.full(x), window, literal(-Float.MAX_VALUE));
        return widest(
                "max_pool2d",
                result,
                padded,
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
        return widest("constant_pad_nd", result, x, sides, value);
    }

    @Override
    public Symbol pad2d(Symbol x, int left, int right, int top, int bottom) {
        Shape result = shapes.pad2d(x.shape(), left, right, top, bottom);
        return widest("constant_pad_nd", result, x, list(left, right, top, bottom), "0.");
    }

    @Override
    public Symbol upsampleNearest2x(Symbol x) {
        Shape result = shapes.upsampleNearest2x(x.shape());
        return widest("upsample_nearest2d", result, x, list(result.size(2), result.size(3)));
    }

    @Override
    public Symbol avgPool2d(Symbol x, int kernel) {
        return full("avg_pool2d", shapes.avgPool2d(x.shape(), kernel), x, list(kernel, kernel));
    }

    // ---- normalisation

    @Override
    public Symbol groupNorm(Symbol x, int groups, Symbol gamma, Symbol beta, double eps) {
        Shape result = shapes.groupNorm(x.shape(), groups, gamma.shape(), beta.shape(), eps);
        return full("group_norm", result, x, groups, gamma, beta, literal(eps));
    }

    @Override
    public Symbol layerNorm(Symbol x, Symbol gamma, Symbol beta, double eps) {
        Shape result = shapes.layerNorm(x.shape(), gamma.shape(), beta.shape(), eps);
        String width = list(result.size(result.rank() - 1));
        return full("layer_norm", result, x, width, gamma, beta, literal(eps));
    }

    // ---- rearrangement

    @Override
    public Symbol embedding(Symbol table, Symbol indices) {
        Shape result = shapes.embedding(table.shape(), indices.shape());
        Symbol whole = full("to", indices.shape(), indices, INT64);
        return widest("embedding", result, table, whole);
    }

    @Override
    public Symbol reshape(Symbol x, long... shape) {
        return widest("reshape", shapes.reshape(x.shape(), shape), x, list(shape));
    }

    @Override
    public Symbol transpose(Symbol x, int... order) {
        return widest("permute", shapes.transpose(x.shape(), order), x, Arrays.toString(order));
    }

    @Override
    public Symbol concat(int axis, List<Symbol> parts) {
        Shape result = shapes.concat(axis, parts.stream().map(Symbol::shape).toList());
        return widest("cat", result, parts, axis);
    }

    @Override
    public Symbol slice(Symbol x, int axis, long from, long to) {
        Shape result = shapes.slice(x.shape(), axis, from, to);
        return widest("slice", result, x, axis, from, to);
    }

    // ---- writing

    private Symbol low(String function, Shape result, @Nullable Object... arguments) {
        return recorder.compute(Rule.LOW, function, result, arguments);
    }

    private Symbol full(String function, Shape result, @Nullable Object... arguments) {
        return recorder.compute(Rule.FULL, function, result, arguments);
    }

    private Symbol widest(String function, Shape result, @Nullable Object... arguments) {
        return recorder.compute(Rule.WIDEST, function, result, arguments);
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
