package org.plumbline.plugins.backend.reference;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;

/** Computes a graph at once. Shapes were checked when the graph was compiled. */
final class ReferenceOps implements Ops<Value> {
    private final Map<String, Value> weights;
    private final Arithmetic arithmetic;
    private final Elementwise elementwise;
    private final Reductions reductions;
    private final LinearAlgebra linearAlgebra;
    private final Images images;
    private final Normalisation normalisation;
    private final Rearrangement rearrangement;

    /**
     * An interpreter for one block of rows.
     *
     * @param tape remembers what is needed for gradients
     * @param weights weights and parameters by name
     */
    ReferenceOps(Tape tape, Map<String, Value> weights) {
        this.weights = weights;
        arithmetic = new Arithmetic(tape);
        elementwise = new Elementwise(tape);
        reductions = new Reductions(tape);
        linearAlgebra = new LinearAlgebra(tape);
        images = new Images(tape);
        normalisation = new Normalisation(tape);
        rearrangement = new Rearrangement(tape);
    }

    @Override
    public long[] shape(Value x) {
        long[] sizes = new long[x.rank()];
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = x.shape[axis];
        }
        return sizes;
    }

    @Override
    public Value weight(String name, long... shape) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    @Override
    public Value constant(double[] values, long... shape) {
        int[] sizes = new int[shape.length];
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = Math.toIntExact(shape[axis]);
        }
        return Value.constant(sizes, values.clone());
    }

    @Override
    public Value add(Value a, Value b) {
        return arithmetic.add(a, b);
    }

    @Override
    public Value sub(Value a, Value b) {
        return arithmetic.sub(a, b);
    }

    @Override
    public Value mul(Value a, Value b) {
        return arithmetic.mul(a, b);
    }

    @Override
    public Value div(Value a, Value b) {
        return arithmetic.div(a, b);
    }

    @Override
    public Value scale(Value x, double factor) {
        return elementwise.affine(x, factor, 0);
    }

    @Override
    public Value shift(Value x, double term) {
        return elementwise.affine(x, 1, term);
    }

    @Override
    public Value exp(Value x) {
        return elementwise.apply(Pointwise.Function.EXP, x);
    }

    @Override
    public Value log(Value x) {
        return elementwise.apply(Pointwise.Function.LOG, x);
    }

    @Override
    public Value sqrt(Value x) {
        return elementwise.apply(Pointwise.Function.SQRT, x);
    }

    @Override
    public Value sin(Value x) {
        return elementwise.apply(Pointwise.Function.SIN, x);
    }

    @Override
    public Value cos(Value x) {
        return elementwise.apply(Pointwise.Function.COS, x);
    }

    @Override
    public Value tanh(Value x) {
        return elementwise.apply(Pointwise.Function.TANH, x);
    }

    @Override
    public Value sigmoid(Value x) {
        return elementwise.apply(Pointwise.Function.SIGMOID, x);
    }

    @Override
    public Value relu(Value x) {
        return elementwise.apply(Pointwise.Function.RELU, x);
    }

    @Override
    public Value erf(Value x) {
        return elementwise.apply(Pointwise.Function.ERF, x);
    }

    @Override
    public Value gelu(Value x) {
        return elementwise.apply(Pointwise.Function.GELU, x);
    }

    @Override
    public Value clamp(Value x, double low, double high) {
        return elementwise.apply(new Pointwise.Clamp(low, high), x);
    }

    @Override
    public Value sum(Value x, boolean keep, int... axes) {
        return reductions.sum(x, keep, axes);
    }

    @Override
    public Value softmax(Value x) {
        return reductions.softmax(x);
    }

    @Override
    public Value logSoftmax(Value x) {
        return reductions.logSoftmax(x);
    }

    @Override
    public Value matmul(Value a, Value b) {
        return linearAlgebra.matmul(a, b);
    }

    @Override
    public Value linear(Value x, Value w, @Nullable Value b) {
        return linearAlgebra.linear(x, w, b);
    }

    @Override
    public Value conv2d(Value x, Value w, @Nullable Value b, int stride, int padding) {
        return images.conv2d(x, w, b, Window.of(stride, padding), 1);
    }

    @Override
    public Value conv2d(Value x, Value w, @Nullable Value b, Window window, int groups) {
        return images.conv2d(x, w, b, window, groups);
    }

    @Override
    public Value maxPool2d(Value x, int kernelHeight, int kernelWidth, Window window) {
        return images.maxPool2d(x, kernelHeight, kernelWidth, window);
    }

    @Override
    public Value pad2d(Value x, int left, int right, int top, int bottom) {
        return images.pad2d(x, left, right, top, bottom);
    }

    @Override
    public Value upsampleNearest2x(Value x) {
        return images.upsampleNearest2x(x);
    }

    @Override
    public Value avgPool2d(Value x, int kernel) {
        return images.avgPool2d(x, kernel);
    }

    @Override
    public Value groupNorm(Value x, int groups, Value gamma, Value beta, double eps) {
        return normalisation.groupNorm(x, groups, gamma, beta, eps);
    }

    @Override
    public Value layerNorm(Value x, Value gamma, Value beta, double eps) {
        return normalisation.layerNorm(x, gamma, beta, eps);
    }

    @Override
    public Value embedding(Value table, Value indices) {
        return rearrangement.embedding(table, indices);
    }

    @Override
    public Value reshape(Value x, long... shape) {
        return rearrangement.reshape(x, shape);
    }

    @Override
    public Value transpose(Value x, int... order) {
        return rearrangement.transpose(x, order);
    }

    @Override
    public Value concat(int axis, List<Value> parts) {
        return rearrangement.concat(axis, parts);
    }

    @Override
    public Value slice(Value x, int axis, long from, long to) {
        return rearrangement.slice(x, axis, Math.toIntExact(from), Math.toIntExact(to));
    }
}
