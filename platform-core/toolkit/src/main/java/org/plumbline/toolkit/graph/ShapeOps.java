package org.plumbline.toolkit.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.graph.Window;

/**
 * An interpreter that only checks shapes. Every method returns the shape of its result, or throws
 * {@link StandardError#WRONG_SHAPE} with the names of graph and operation and the shapes.
 *
 * <p>The rows of a batch never meet: an operation that would sum, join, cut or normalise over the batch is refused, so
 * that a batch may be computed in pieces. A reshape may cut every row into the same number of rows and join them again.
 * Used for one walk through a graph, by one thread.
 */
public final class ShapeOps implements Ops<Shape> {
    private final String graph;
    private final WeightSource frozen;
    private final ParameterLayout trainable;
    private final Map<String, Shape> weights = new LinkedHashMap<>();
    private long largestRow = 1;

    /**
     * Starts a walk.
     *
     * @param graph the graph's name, for messages
     * @param frozen the weights that {@code trainable} does not name
     * @param trainable the parameters
     */
    public ShapeOps(String graph, WeightSource frozen, ParameterLayout trainable) {
        this.graph = graph;
        this.frozen = frozen;
        this.trainable = trainable;
    }

    /** The weights and parameters asked for so far, in the order in which they first were. */
    public Map<String, Shape> weights() {
        return Collections.unmodifiableMap(weights);
    }

    /** How many numbers per row the largest value so far holds. */
    public long largestRow() {
        return largestRow;
    }

    /** The shape of a graph input. */
    public Shape input(TensorSpec spec) {
        return result("input '" + spec.name() + "'", spec.shape());
    }

    @Override
    public long[] shape(Shape x) {
        return x.sizes();
    }

    @Override
    public Shape weight(String name, long... shape) {
        Shape asked = new Shape(shape);
        Shape found;
        if (trainable.contains(name)) {
            found = new Shape(trainable.entry(name).shape());
        } else if (frozen.contains(name)) {
            found = new Shape(frozen.shape(name));
        } else {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("graph '" + graph + "' asks for weight '" + name + "' " + asked
                            + ", which is neither among the weights nor among the trainable parameters")
                    .remedy("check that the weight file belongs to this model and is complete")
                    .build();
        }
        if (!asked.equals(found)) {
            throw refused("weight '" + name + "' is asked for as " + asked + " but is stored as " + found);
        }
        weights.put(name, asked);
        return result("weight '" + name + "'", shape);
    }

    @Override
    public Shape constant(double[] values, long... shape) {
        Shape result = result("constant", shape);
        require(result.batchAxis() < 0, "constant", "cannot have the batch among its sizes ", result);
        require(result.rowSize() == values.length, "constant", "got " + values.length + " values for ", result);
        return result;
    }

    // ---- element by element

    @Override
    public Shape add(Shape a, Shape b) {
        return broadcast("add", a, b);
    }

    @Override
    public Shape sub(Shape a, Shape b) {
        return broadcast("sub", a, b);
    }

    @Override
    public Shape mul(Shape a, Shape b) {
        return broadcast("mul", a, b);
    }

    @Override
    public Shape div(Shape a, Shape b) {
        return broadcast("div", a, b);
    }

    @Override
    public Shape scale(Shape x, double factor) {
        return x;
    }

    @Override
    public Shape shift(Shape x, double term) {
        return x;
    }

    @Override
    public Shape exp(Shape x) {
        return x;
    }

    @Override
    public Shape log(Shape x) {
        return x;
    }

    @Override
    public Shape sqrt(Shape x) {
        return x;
    }

    @Override
    public Shape sin(Shape x) {
        return x;
    }

    @Override
    public Shape cos(Shape x) {
        return x;
    }

    @Override
    public Shape tanh(Shape x) {
        return x;
    }

    @Override
    public Shape sigmoid(Shape x) {
        return x;
    }

    @Override
    public Shape relu(Shape x) {
        return x;
    }

    @Override
    public Shape erf(Shape x) {
        return x;
    }

    @Override
    public Shape gelu(Shape x) {
        return x;
    }

    @Override
    public Shape clamp(Shape x, double low, double high) {
        require(low <= high, "clamp", "has an empty interval, " + low + " to " + high + ", for ", x);
        return x;
    }

    // ---- reductions

    @Override
    public Shape sum(Shape x, boolean keep, int... axes) {
        boolean[] summed = new boolean[x.rank()];
        for (int axis : axes) {
            int index = axis("sum", x, axis);
            require(!x.isBatch(index), "sum", "cannot run over the batch of ", x);
            require(!summed[index], "sum", "names axis " + axis + " twice for ", x);
            summed[index] = true;
        }
        long[] sizes = new long[x.rank()];
        int rank = 0;
        for (int axis = 0; axis < x.rank(); axis++) {
            if (!summed[axis] || keep) {
                sizes[rank++] = summed[axis] ? 1 : x.size(axis);
            }
        }
        return result("sum", Arrays.copyOf(sizes, rank));
    }

    @Override
    public Shape softmax(Shape x) {
        return lastAxis("softmax", x);
    }

    @Override
    public Shape logSoftmax(Shape x) {
        return lastAxis("logSoftmax", x);
    }

    // ---- linear algebra

    @Override
    public Shape matmul(Shape a, Shape b) {
        require(a.rank() >= 2 && b.rank() >= 2, "matmul", "needs two axes or more, not ", a, b);
        long inner = a.size(a.rank() - 1);
        require(
                inner == b.size(b.rank() - 2) && inner > 0,
                "matmul",
                "needs the last size of the first to be the last but one of the second and not the batch, not ",
                a,
                b);
        Shape outer = broadcast("matmul", head(a, 2), head(b, 2));
        long[] sizes = Arrays.copyOf(outer.sizes(), outer.rank() + 2);
        sizes[outer.rank()] = a.size(a.rank() - 2);
        sizes[outer.rank() + 1] = b.size(b.rank() - 1);
        return result("matmul", sizes);
    }

    @Override
    public Shape linear(Shape x, Shape w, @Nullable Shape b) {
        require(w.rank() == 2 && w.batchAxis() < 0, "linear", "needs a weight [out, in], not ", w);
        require(
                x.rank() >= 1 && x.size(x.rank() - 1) == w.size(1),
                "linear",
                "needs inputs whose last size is the weight's second, not ",
                x,
                w);
        bias("linear", b, w.size(0));
        return result("linear", x.with(x.rank() - 1, w.size(0)).sizes());
    }

    @Override
    public Shape attention(Shape q, Shape k, Shape v, boolean causal) {
        require(q.rank() == 4 && k.rank() == 4, "attention", "needs [batch, heads, length, d], not ", q, k);
        require(
                q.size(0) == k.size(0) && q.size(1) == k.size(1) && q.size(3) == k.size(3),
                "attention",
                "needs queries and keys that differ in length only, not ",
                q,
                k);
        require(k.equals(v), "attention", "needs keys and values of one shape, not ", k, v);
        for (int axis = 1; axis < 4; axis++) {
            require(!q.isBatch(axis) && !k.isBatch(axis), "attention", "needs the batch first, not in ", q, k);
        }
        require(!causal || q.equals(k), "attention", "if causal needs as many queries as keys, not ", q, k);
        // The scores are the largest value inside.
        result("attention", q.size(0), q.size(1), q.size(2), k.size(2));
        return q;
    }

    // ---- images

    @Override
    public Shape conv2d(Shape x, Shape w, @Nullable Shape b, int stride, int padding) {
        image("conv2d", x);
        require(
                w.rank() == 4 && w.batchAxis() < 0 && w.size(2) == w.size(3),
                "conv2d",
                "needs a weight [out, in, kernel, kernel], not ",
                w);
        require(x.size(1) == w.size(1), "conv2d", "needs as many channels as its weight has inputs, not ", x, w);
        require(
                stride >= 1 && padding >= 0,
                "conv2d",
                "cannot have stride " + stride + " and padding " + padding + ", for ",
                x,
                w);
        bias("conv2d", b, w.size(0));
        long height = x.size(2) + 2L * padding - w.size(2);
        long width = x.size(3) + 2L * padding - w.size(3);
        require(height >= 0 && width >= 0, "conv2d", "has a kernel larger than the padded image, ", x, w);
        return result("conv2d", x.size(0), w.size(0), height / stride + 1, width / stride + 1);
    }

    @Override
    public Shape conv2d(Shape x, Shape w, @Nullable Shape b, Window window, int groups) {
        image("conv2d", x);
        require(w.rank() == 4 && w.batchAxis() < 0, "conv2d", "needs a weight [out, in, height, width], not ", w);
        require(
                groups >= 1 && x.size(1) == groups * w.size(1) && w.size(0) % groups == 0,
                "conv2d",
                "in " + groups + " groups needs channels that its weight divides evenly, not ",
                x,
                w);
        bias("conv2d", b, w.size(0));
        return places("conv2d", x, w.size(0), w.size(2), w.size(3), window);
    }

    @Override
    public Shape maxPool2d(Shape x, int kernelHeight, int kernelWidth, Window window) {
        image("maxPool2d", x);
        require(
                Math.max(window.top(), window.bottom()) < kernelHeight
                        && Math.max(window.left(), window.right()) < kernelWidth,
                "maxPool2d",
                "needs a padding smaller than its kernel " + kernelHeight + "x" + kernelWidth + ", not " + window
                        + ", for ",
                x);
        return places("maxPool2d", x, x.size(1), kernelHeight, kernelWidth, window);
    }

    private Shape places(String operation, Shape x, long channels, long kernelHeight, long kernelWidth, Window window) {
        long height = window.height(x.size(2), kernelHeight);
        long width = window.width(x.size(3), kernelWidth);
        require(
                height >= 1 && width >= 1,
                operation,
                "has a kernel of " + kernelHeight + "x" + kernelWidth + ", larger than the padded image, ",
                x);
        return result(operation, x.size(0), channels, height, width);
    }

    @Override
    public Shape pad2d(Shape x, int left, int right, int top, int bottom) {
        image("pad2d", x);
        require(
                left >= 0 && right >= 0 && top >= 0 && bottom >= 0,
                "pad2d",
                "cannot add " + left + ", " + right + ", " + top + ", " + bottom + " pixels to ",
                x);
        return result("pad2d", x.size(0), x.size(1), x.size(2) + top + bottom, x.size(3) + left + right);
    }

    @Override
    public Shape upsampleNearest2x(Shape x) {
        image("upsampleNearest2x", x);
        return result("upsampleNearest2x", x.size(0), x.size(1), 2 * x.size(2), 2 * x.size(3));
    }

    @Override
    public Shape avgPool2d(Shape x, int kernel) {
        image("avgPool2d", x);
        require(
                kernel >= 1 && x.size(2) % kernel == 0 && x.size(3) % kernel == 0,
                "avgPool2d",
                "needs height and width to be multiples of its kernel " + kernel + ", not ",
                x);
        return result("avgPool2d", x.size(0), x.size(1), x.size(2) / kernel, x.size(3) / kernel);
    }

    // ---- normalisation

    @Override
    public Shape groupNorm(Shape x, int groups, Shape gamma, Shape beta, double eps) {
        require(x.rank() >= 2, "groupNorm", "needs [batch, channels, ...], not ", x);
        for (int axis = 1; axis < x.rank(); axis++) {
            require(!x.isBatch(axis), "groupNorm", "needs the batch first, not in ", x);
        }
        long channels = x.size(1);
        require(
                groups >= 1 && channels % groups == 0,
                "groupNorm",
                "cannot make " + groups + " groups of the channels of ",
                x);
        bias("groupNorm", gamma, channels);
        bias("groupNorm", beta, channels);
        return x;
    }

    @Override
    public Shape layerNorm(Shape x, Shape gamma, Shape beta, double eps) {
        lastAxis("layerNorm", x);
        bias("layerNorm", gamma, x.size(x.rank() - 1));
        bias("layerNorm", beta, x.size(x.rank() - 1));
        return x;
    }

    // ---- rearrangement

    @Override
    public Shape embedding(Shape table, Shape indices) {
        require(table.rank() == 2 && table.batchAxis() < 0, "embedding", "needs a table [entries, width], not ", table);
        require(indices.rank() == 2, "embedding", "needs indices [batch, length], not ", indices);
        return result("embedding", indices.size(0), indices.size(1), table.size(1));
    }

    @Override
    public Shape reshape(Shape x, long... shape) {
        Shape wanted = result("reshape", shape);
        int from = x.batchAxis();
        int to = wanted.batchAxis();
        boolean fits = from < 0 == to < 0 && x.rowSize() % wanted.rowSize() == 0;
        if (fits && from >= 0) {
            // What lies before the batch must stay before it, or the numbers would change rows.
            fits = x.product(0, from) == wanted.product(0, to);
        }
        long rows = x.rowSize() / wanted.rowSize();
        require(fits && (rows == 1 || to >= 0), "reshape", "cannot turn the first into the second, ", x, wanted);
        return rows == 1 ? wanted : result("reshape", wanted.with(to, -rows).sizes());
    }

    @Override
    public Shape transpose(Shape x, int... order) {
        boolean[] seen = new boolean[x.rank()];
        long[] sizes = new long[order.length];
        boolean permutation = order.length == x.rank();
        for (int i = 0; i < order.length && permutation; i++) {
            int axis = axis("transpose", x, order[i]);
            permutation = !seen[axis];
            seen[axis] = true;
            sizes[i] = x.size(axis);
        }
        require(permutation, "transpose", "by " + Arrays.toString(order) + " is no reordering of the axes of ", x);
        return result("transpose", sizes);
    }

    @Override
    public Shape concat(int axis, List<Shape> parts) {
        if (parts.isEmpty()) {
            throw refused("concat has nothing to join");
        }
        Shape first = parts.get(0);
        int along = axis("concat", first, axis);
        require(!first.isBatch(along), "concat", "cannot run along the batch of ", first);
        long size = 0;
        for (Shape part : parts) {
            require(
                    part.rank() == first.rank()
                            && !part.isBatch(along)
                            && part.with(along, 1).equals(first.with(along, 1)),
                    "concat",
                    "along axis " + along + " needs parts that differ on that axis only, not ",
                    first,
                    part);
            size += part.size(along);
        }
        return result("concat", first.with(along, size).sizes());
    }

    @Override
    public Shape slice(Shape x, int axis, long from, long to) {
        int along = axis("slice", x, axis);
        require(!x.isBatch(along), "slice", "cannot run along the batch of ", x);
        require(
                0 <= from && from < to && to <= x.size(along),
                "slice",
                "[" + from + ", " + to + ") does not lie on axis " + along + " of ",
                x);
        return result("slice", x.with(along, to - from).sizes());
    }

    // ---- checks

    private Shape broadcast(String operation, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        long[] sizes = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long ofA = i <= a.rank() ? a.size(a.rank() - i) : 1;
            long ofB = i <= b.rank() ? b.size(b.rank() - i) : 1;
            require(ofA == ofB || ofA == 1 || ofB == 1, operation, "cannot broadcast ", a, b);
            sizes[rank - i] = ofA == 1 ? ofB : ofA;
        }
        return result(operation, sizes);
    }

    private Shape lastAxis(String operation, Shape x) {
        require(x.rank() >= 1 && !x.isBatch(x.rank() - 1), operation, "cannot run over the last axis of ", x);
        return x;
    }

    private void image(String operation, Shape x) {
        require(
                x.rank() == 4 && !x.isBatch(1) && !x.isBatch(2) && !x.isBatch(3),
                operation,
                "needs an image [batch, channels, height, width], not ",
                x);
    }

    private void bias(String operation, @Nullable Shape found, long size) {
        if (found != null) {
            require(
                    found.rank() == 1 && found.size(0) == size,
                    operation,
                    "needs a vector [" + size + "] here, not ",
                    found);
        }
    }

    private int axis(String operation, Shape x, int axis) {
        int index = axis < 0 ? axis + x.rank() : axis;
        require(index >= 0 && index < x.rank(), operation, "has no axis " + axis + " in ", x);
        return index;
    }

    private static Shape head(Shape x, int without) {
        return new Shape(Arrays.copyOf(x.sizes(), x.rank() - without));
    }

    private Shape result(String operation, long... sizes) {
        Shape shape = new Shape(sizes);
        int batches = 0;
        for (long size : sizes) {
            require(size != 0, operation, "would have an empty axis, ", shape);
            batches += size < 0 ? 1 : 0;
        }
        require(batches <= 1, operation, "would have the batch twice, ", shape);
        if (batches == 1) {
            largestRow = Math.max(largestRow, shape.rowSize());
        }
        return shape;
    }

    private void require(boolean fits, String operation, String problem, Shape... shapes) {
        if (!fits) {
            List<String> names = new ArrayList<>();
            for (Shape shape : shapes) {
                names.add(shape.toString());
            }
            throw refused(operation + " " + problem + String.join(" and ", names));
        }
    }

    private PlumblineException refused(String problem) {
        return PlumblineException.of(StandardError.WRONG_SHAPE)
                .asked("graph '" + graph + "': " + problem)
                .build();
    }
}
