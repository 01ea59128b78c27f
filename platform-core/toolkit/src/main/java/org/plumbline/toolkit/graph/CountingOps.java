package org.plumbline.toolkit.graph;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.graph.Window;

/**
 * An interpreter that counts; see {@link GraphCost}. Every value is a {@link Shape} object of its own, since what is kept
 * is told apart by identity. A view (reshape, transpose, slice) keeps what it is a view of.
 */
final class CountingOps implements Ops<Shape> {
    private final ShapeOps shapes;
    private final Predicate<String> trained;
    private final Map<String, Shape> weights = new HashMap<>();
    private final Set<Shape> trainedWeights = identities();
    private final IdentityHashMap<Shape, Shape> viewed = new IdentityHashMap<>();
    private final Set<Shape> kept = identities();
    private long multiplyAdds;
    private long largest;
    private long keptNumbers;
    private long keptInSegment;
    private long largestSegment;
    private long boundaries;

    CountingOps(String graph, Predicate<String> trained) {
        this.shapes = new ShapeOps(graph, WeightSource.none(), ParameterLayout.empty());
        this.trained = trained;
    }

    private static Set<Shape> identities() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    GraphCost cost() {
        long numbers = weights.values().stream().mapToLong(Shape::rowSize).sum();
        return new GraphCost(
                multiplyAdds, keptNumbers, boundaries + Math.max(largestSegment, keptInSegment), largest, numbers);
    }

    Shape input(TensorSpec spec) {
        return fresh(shapes.input(spec));
    }

    /** A value of its own. */
    private Shape fresh(Shape result) {
        if (result.batchAxis() >= 0) {
            largest = Math.max(largest, result.rowSize());
        }
        return new Shape(result.sizes());
    }

    private Shape view(Shape of, Shape result) {
        Shape view = fresh(result);
        viewed.put(view, base(of));
        return view;
    }

    private Shape base(Shape x) {
        return viewed.getOrDefault(x, x);
    }

    /** The derivative of an operation needs this operand. */
    private void keep(Shape x) {
        Shape base = base(x);
        if (base.batchAxis() >= 0 && kept.add(base)) {
            keptNumbers += base.rowSize();
            keptInSegment += base.rowSize();
        }
    }

    private Shape product(Shape result, long inner) {
        multiplyAdds = Math.addExact(multiplyAdds, Math.multiplyExact(result.rowSize(), inner));
        return fresh(result);
    }

    @Override
    public long[] shape(Shape x) {
        return shapes.shape(x);
    }

    @Override
    public Shape weight(String name, long... shape) {
        return weights.computeIfAbsent(name, fresh -> {
            Shape weight = new Shape(shape);
            if (trained.test(name)) {
                trainedWeights.add(weight);
            }
            return weight;
        });
    }

    @Override
    public Shape constant(double[] values, long... shape) {
        return shapes.constant(values, shape);
    }

    @Override
    public Shape boundary(Shape x) {
        largestSegment = Math.max(largestSegment, keptInSegment);
        keptInSegment = 0;
        boundaries += base(x).rowSize();
        return x;
    }

    // ---- element by element

    @Override
    public Shape add(Shape a, Shape b) {
        return fresh(shapes.add(a, b));
    }

    @Override
    public Shape sub(Shape a, Shape b) {
        return fresh(shapes.sub(a, b));
    }

    @Override
    public Shape mul(Shape a, Shape b) {
        keep(a);
        keep(b);
        return fresh(shapes.mul(a, b));
    }

    @Override
    public Shape div(Shape a, Shape b) {
        keep(a);
        keep(b);
        return fresh(shapes.div(a, b));
    }

    @Override
    public Shape scale(Shape x, double factor) {
        return fresh(shapes.scale(x, factor));
    }

    @Override
    public Shape shift(Shape x, double term) {
        return fresh(shapes.shift(x, term));
    }

    @Override
    public Shape exp(Shape x) {
        keep(x);
        return fresh(shapes.exp(x));
    }

    @Override
    public Shape log(Shape x) {
        keep(x);
        return fresh(shapes.log(x));
    }

    @Override
    public Shape sqrt(Shape x) {
        keep(x);
        return fresh(shapes.sqrt(x));
    }

    @Override
    public Shape sin(Shape x) {
        keep(x);
        return fresh(shapes.sin(x));
    }

    @Override
    public Shape cos(Shape x) {
        keep(x);
        return fresh(shapes.cos(x));
    }

    @Override
    public Shape tanh(Shape x) {
        keep(x);
        return fresh(shapes.tanh(x));
    }

    @Override
    public Shape sigmoid(Shape x) {
        keep(x);
        return fresh(shapes.sigmoid(x));
    }

    @Override
    public Shape relu(Shape x) {
        keep(x);
        return fresh(shapes.relu(x));
    }

    @Override
    public Shape erf(Shape x) {
        keep(x);
        return fresh(shapes.erf(x));
    }

    @Override
    public Shape gelu(Shape x) {
        keep(x);
        return fresh(shapes.gelu(x));
    }

    @Override
    public Shape silu(Shape x) {
        keep(x);
        return fresh(shapes.silu(x));
    }

    @Override
    public Shape softmax(Shape x) {
        keep(x);
        return fresh(shapes.softmax(x));
    }

    @Override
    public Shape logSoftmax(Shape x) {
        keep(x);
        return fresh(shapes.logSoftmax(x));
    }

    @Override
    public Shape clamp(Shape x, double low, double high) {
        keep(x);
        return fresh(shapes.clamp(x, low, high));
    }

    @Override
    public Shape sum(Shape x, boolean keep, int... axes) {
        return fresh(shapes.sum(x, keep, axes));
    }

    // ---- products

    @Override
    public Shape matmul(Shape a, Shape b) {
        keep(a);
        keep(b);
        return product(shapes.matmul(a, b), a.size(a.rank() - 1));
    }

    @Override
    public Shape linear(Shape x, Shape w, @Nullable Shape b) {
        keepIfTrained(x, w);
        return product(shapes.linear(x, w, b), w.size(1));
    }

    @Override
    public Shape conv2d(Shape x, Shape w, @Nullable Shape b, int stride, int padding) {
        keepIfTrained(x, w);
        return product(shapes.conv2d(x, w, b, stride, padding), w.size(1) * w.size(2) * w.size(3));
    }

    @Override
    public Shape conv2d(Shape x, Shape w, @Nullable Shape b, Window window, int groups) {
        keepIfTrained(x, w);
        return product(shapes.conv2d(x, w, b, window, groups), w.size(1) * w.size(2) * w.size(3));
    }

    /** The input of a layer is needed for the gradient of its weight alone. */
    private void keepIfTrained(Shape x, Shape w) {
        if (trainedWeights.contains(base(w))) {
            keep(x);
        }
    }

    /** Scores are computed piece by piece, and again for the derivative. */
    @Override
    public Shape attention(Shape q, Shape k, Shape v, boolean causal) {
        keep(q);
        keep(k);
        keep(v);
        multiplyAdds = Math.addExact(multiplyAdds, 2 * q.rowSize() * k.size(2));
        Shape result = fresh(shapes.attention(q, k, v, causal));
        keep(result);
        return result;
    }

    // ---- images and norms

    @Override
    public Shape maxPool2d(Shape x, int kernelHeight, int kernelWidth, Window window) {
        keep(x);
        return fresh(shapes.maxPool2d(x, kernelHeight, kernelWidth, window));
    }

    @Override
    public Shape pad2d(Shape x, int left, int right, int top, int bottom) {
        return fresh(shapes.pad2d(x, left, right, top, bottom));
    }

    @Override
    public Shape upsampleNearest2x(Shape x) {
        return fresh(shapes.upsampleNearest2x(x));
    }

    @Override
    public Shape avgPool2d(Shape x, int kernel) {
        return fresh(shapes.avgPool2d(x, kernel));
    }

    @Override
    public Shape groupNorm(Shape x, int groups, Shape gamma, Shape beta, double eps) {
        keep(x);
        return fresh(shapes.groupNorm(x, groups, gamma, beta, eps));
    }

    @Override
    public Shape layerNorm(Shape x, Shape gamma, Shape beta, double eps) {
        keep(x);
        return fresh(shapes.layerNorm(x, gamma, beta, eps));
    }

    // ---- rearrangement

    @Override
    public Shape embedding(Shape table, Shape indices) {
        return fresh(shapes.embedding(table, indices));
    }

    @Override
    public Shape reshape(Shape x, long... shape) {
        return view(x, shapes.reshape(x, shape));
    }

    @Override
    public Shape transpose(Shape x, int... order) {
        return view(x, shapes.transpose(x, order));
    }

    @Override
    public Shape concat(int axis, List<Shape> parts) {
        return fresh(shapes.concat(axis, parts));
    }

    @Override
    public Shape slice(Shape x, int axis, long from, long to) {
        return view(x, shapes.slice(x, axis, from, to));
    }
}
