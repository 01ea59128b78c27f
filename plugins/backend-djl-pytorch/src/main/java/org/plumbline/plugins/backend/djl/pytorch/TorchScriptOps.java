package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

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
    private final StringBuilder body = new StringBuilder();
    private final List<TorchScriptArchive.Attribute> attributes = new ArrayList<>();
    private final Map<String, Symbol> weights = new HashMap<>();
    private int variables;

    TorchScriptOps(WeightSource frozen, ParameterLayout trainable) {
        this.frozen = frozen;
        this.trainable = trainable;
        if (trainable.size() > 0) {
            List<Integer> sizes = trainable.entries().stream()
                    .map(ParameterLayout.Entry::size)
                    .toList();
            line("parts = torch.split_with_sizes(theta, " + sizes + ")");
        }
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
        return x.shape().clone();
    }

    @Override
    public Symbol weight(String name, long... shape) {
        Symbol known = weights.get(name);
        if (known == null) {
            known = trainable.contains(name) ? parameter(name) : attribute(name);
            weights.put(name, known);
        }
        if (!Arrays.equals(known.shape(), shape)) {
            throw ShapeRules.misfit(
                    "weight '" + name + "'",
                    "the graph expects " + ShapeRules.text(shape) + ", "
                            + (trainable.contains(name) ? "the trainable parameter has " : "the file holds ")
                            + known.shapeText());
        }
        return known;
    }

    private Symbol parameter(String name) {
        ParameterLayout.Entry entry = trainable.entry(name);
        int index = trainable.entries().indexOf(entry);
        return emit(Symbol.THETA, entry.shape(), "view(parts[" + index + "], " + Arrays.toString(entry.shape()) + ")");
    }

    private Symbol attribute(String name) {
        long[] shape = frozen.shape(name);
        String attribute = "w" + attributes.size();
        attributes.add(new TorchScriptArchive.Attribute(attribute, () -> frozen.floats(name), shape));
        return new Symbol("self." + attribute, 0, shape);
    }

    @Override
    public Symbol constant(double[] values, long... shape) {
        long size = 1;
        for (long length : shape) {
            size *= length;
        }
        ShapeRules.require(size == values.length, "constant", values.length + " values for " + ShapeRules.text(shape));
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        String attribute = "c" + attributes.size();
        attributes.add(new TorchScriptArchive.Attribute(attribute, () -> rounded, shape.clone()));
        return new Symbol("self." + attribute, 0, shape.clone());
    }

    @Override
    public Symbol add(Symbol a, Symbol b) {
        return binary("add", a, b);
    }

    @Override
    public Symbol sub(Symbol a, Symbol b) {
        return binary("sub", a, b);
    }

    @Override
    public Symbol mul(Symbol a, Symbol b) {
        return binary("mul", a, b);
    }

    @Override
    public Symbol div(Symbol a, Symbol b) {
        return binary("div", a, b);
    }

    @Override
    public Symbol scale(Symbol x, double factor) {
        return unary(x, "mul(" + x.name() + ", " + literal(factor) + ")");
    }

    @Override
    public Symbol shift(Symbol x, double term) {
        return unary(x, "add(" + x.name() + ", " + literal(term) + ")");
    }

    @Override
    public Symbol exp(Symbol x) {
        return unary(x, "exp(" + x.name() + ")");
    }

    @Override
    public Symbol log(Symbol x) {
        return unary(x, "log(" + x.name() + ")");
    }

    @Override
    public Symbol sqrt(Symbol x) {
        return unary(x, "sqrt(" + x.name() + ")");
    }

    @Override
    public Symbol sin(Symbol x) {
        return unary(x, "sin(" + x.name() + ")");
    }

    @Override
    public Symbol cos(Symbol x) {
        return unary(x, "cos(" + x.name() + ")");
    }

    @Override
    public Symbol tanh(Symbol x) {
        return unary(x, "tanh(" + x.name() + ")");
    }

    @Override
    public Symbol sigmoid(Symbol x) {
        return unary(x, "sigmoid(" + x.name() + ")");
    }

    @Override
    public Symbol relu(Symbol x) {
        return unary(x, "relu(" + x.name() + ")");
    }

    @Override
    public Symbol gelu(Symbol x) {
        return unary(x, "gelu(" + x.name() + ")");
    }

    @Override
    public Symbol silu(Symbol x) {
        return unary(x, "silu(" + x.name() + ")");
    }

    @Override
    public Symbol clamp(Symbol x, double low, double high) {
        return unary(x, "clamp(" + x.name() + ", " + bound(low) + ", " + bound(high) + ")");
    }

    @Override
    public Symbol sum(Symbol x, boolean keep, int... axes) {
        return reduce("sum", x, keep, axes);
    }

    @Override
    public Symbol mean(Symbol x, boolean keep, int... axes) {
        return reduce("mean", x, keep, axes);
    }

    private Symbol reduce(String operation, Symbol x, boolean keep, int... axes) {
        if (axes.length == 0) {
            return x; // libtorch would take no axis for all axes
        }
        int[] places = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            places[i] = ShapeRules.axis(operation, axes[i], x.shape());
        }
        return emit(
                x.sources(),
                ShapeRules.sum(operation, x.shape(), keep, places),
                operation + "(" + x.name() + ", " + Arrays.toString(places) + ", " + (keep ? "True" : "False") + ")");
    }

    @Override
    public Symbol softmax(Symbol x) {
        return unary(x, "softmax(" + x.name() + ", -1)");
    }

    @Override
    public Symbol logSoftmax(Symbol x) {
        return unary(x, "log_softmax(" + x.name() + ", -1)");
    }

    @Override
    public Symbol matmul(Symbol a, Symbol b) {
        return emit(
                a.sources() | b.sources(),
                ShapeRules.matmul(a.shape(), b.shape()),
                "matmul(" + a.name() + ", " + b.name() + ")");
    }

    @Override
    public Symbol linear(Symbol x, Symbol w, @Nullable Symbol b) {
        long[] shape = ShapeRules.linear(x.shape(), w.shape());
        if (b != null) {
            ShapeRules.vector("linear", "a bias", b.shape(), w.shape()[0]);
        }
        return emit(sources(x, w, b), shape, "linear(" + names(x, w, b) + ")");
    }

    @Override
    public Symbol conv2d(Symbol x, Symbol w, @Nullable Symbol b, int stride, int padding) {
        long[] shape = ShapeRules.conv2d(x.shape(), w.shape(), stride, padding);
        if (b != null) {
            ShapeRules.vector("conv2d", "a bias", b.shape(), w.shape()[0]);
        }
        String window = String.format(Locale.ROOT, "[%d, %d], [%d, %d]", stride, stride, padding, padding);
        return emit(sources(x, w, b), shape, "conv2d(" + names(x, w, b) + ", " + window + ")");
    }

    @Override
    public Symbol pad2d(Symbol x, int left, int right, int top, int bottom) {
        return emit(
                x.sources(),
                ShapeRules.pad2d(x.shape(), left, right, top, bottom),
                "constant_pad_nd(" + x.name() + ", " + List.of(left, right, top, bottom) + ", 0.)");
    }

    @Override
    public Symbol upsampleNearest2x(Symbol x) {
        long[] shape = ShapeRules.upsample2x(x.shape());
        return emit(x.sources(), shape, "upsample_nearest2d(" + x.name() + ", [" + shape[2] + ", " + shape[3] + "])");
    }

    @Override
    public Symbol avgPool2d(Symbol x, int kernel) {
        return emit(
                x.sources(),
                ShapeRules.avgPool2d(x.shape(), kernel),
                "avg_pool2d(" + x.name() + ", [" + kernel + ", " + kernel + "])");
    }

    @Override
    public Symbol groupNorm(Symbol x, int groups, Symbol gamma, Symbol beta, double eps) {
        ShapeRules.groupNorm(x.shape(), groups);
        ShapeRules.vector("groupNorm", "a scale", gamma.shape(), x.shape()[1]);
        ShapeRules.vector("groupNorm", "a shift", beta.shape(), x.shape()[1]);
        return emit(
                sources(x, gamma, beta),
                x.shape(),
                "group_norm(" + x.name() + ", " + groups + ", " + gamma.name() + ", " + beta.name() + ", "
                        + literal(eps) + ")");
    }

    @Override
    public Symbol layerNorm(Symbol x, Symbol gamma, Symbol beta, double eps) {
        long width = x.shape()[x.shape().length - 1];
        ShapeRules.vector("layerNorm", "a scale", gamma.shape(), width);
        ShapeRules.vector("layerNorm", "a shift", beta.shape(), width);
        return emit(
                sources(x, gamma, beta),
                x.shape(),
                "layer_norm(" + x.name() + ", [" + width + "], " + gamma.name() + ", " + beta.name() + ", "
                        + literal(eps) + ")");
    }

    @Override
    public Symbol attention(Symbol q, Symbol k, Symbol v, boolean causal) {
        return emit(
                sources(q, k, v),
                ShapeRules.attention(q.shape(), k.shape(), v.shape(), causal),
                "scaled_dot_product_attention(" + names(q, k, v) + ", None, 0., " + (causal ? "True" : "False") + ")");
    }

    @Override
    public Symbol embedding(Symbol table, Symbol indices) {
        return emit(
                table.sources(), // an index has no derivative
                ShapeRules.embedding(table.shape(), indices.shape()),
                "embedding(" + table.name() + ", torch.to(" + indices.name() + ", " + INT64 + "))");
    }

    @Override
    public Symbol reshape(Symbol x, long... shape) {
        return emit(
                x.sources(),
                ShapeRules.reshape(x.shape(), shape),
                "reshape(" + x.name() + ", " + Arrays.toString(shape) + ")");
    }

    @Override
    public Symbol transpose(Symbol x, int... order) {
        return emit(
                x.sources(),
                ShapeRules.transpose(x.shape(), order),
                "permute(" + x.name() + ", " + Arrays.toString(order) + ")");
    }

    @Override
    public Symbol concat(int axis, List<Symbol> parts) {
        ShapeRules.require(!parts.isEmpty(), "concat", "nothing to join");
        int place = ShapeRules.axis("concat", axis, parts.get(0).shape());
        Symbol[] all = parts.toArray(new Symbol[0]);
        return emit(
                sources(all),
                ShapeRules.concat(place, parts.stream().map(Symbol::shape).toList()),
                "cat([" + names(all) + "], " + place + ")");
    }

    @Override
    public Symbol slice(Symbol x, int axis, long from, long to) {
        int place = ShapeRules.axis("slice", axis, x.shape());
        return emit(
                x.sources(),
                ShapeRules.slice(x.shape(), place, from, to),
                "slice(" + x.name() + ", " + place + ", " + from + ", " + to + ")");
    }

    private Symbol binary(String operation, Symbol a, Symbol b) {
        return emit(
                a.sources() | b.sources(),
                ShapeRules.broadcast(operation, a.shape(), b.shape()),
                operation + "(" + a.name() + ", " + b.name() + ")");
    }

    private Symbol unary(Symbol x, String call) {
        return emit(x.sources(), x.shape(), call);
    }

    private Symbol emit(long sources, long[] shape, String call) {
        String name = "v" + variables++;
        line(name + " = torch." + call);
        return new Symbol(name, sources, shape);
    }

    private void line(String statement) {
        body.append("    ").append(statement).append('\n');
    }

    private static long sources(@Nullable Symbol... operands) {
        long all = 0;
        for (Symbol operand : operands) {
            all |= operand == null ? 0 : operand.sources();
        }
        return all;
    }

    private static String names(@Nullable Symbol... operands) {
        List<String> names = new ArrayList<>();
        for (Symbol operand : operands) {
            names.add(operand == null ? "None" : operand.name());
        }
        return String.join(", ", names);
    }

    /** An infinite bound is no bound. */
    private static String bound(double value) {
        return Double.isInfinite(value) ? "None" : literal(value);
    }

    private static String literal(double value) {
        ShapeRules.require(Double.isFinite(value), "constant", "the number " + value + " in a graph");
        return Double.toString(value).toLowerCase(Locale.ROOT);
    }

    /** The variables of a graph's inputs, by name: x0, x1, and so on. */
    static Map<String, Symbol> inputs(List<TensorSpec> specs) {
        Map<String, Symbol> symbols = new HashMap<>();
        for (int i = 0; i < specs.size(); i++) {
            TensorSpec spec = Objects.requireNonNull(specs.get(i));
            symbols.put(spec.name(), new Symbol("x" + i, Symbol.input(i), spec.shape()));
        }
        return symbols;
    }
}
