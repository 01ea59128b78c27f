package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;

/**
 * Computes a graph at once with DJL's arrays: an oracle that shares no text with the TorchScript writer and spells out
 * what libtorch has fused kernels for. Use it in one try block with its manager, which owns all results.
 */
final class NDArrayOps implements Ops<NDArray> {
    private final NDManager manager;
    private final Map<String, NDArray> weights;

    NDArrayOps(NDManager manager, Map<String, NDArray> weights) {
        this.manager = manager;
        this.weights = weights;
    }

    @Override
    public long[] shape(NDArray x) {
        return x.getShape().getShape();
    }

    @Override
    public NDArray weight(String name, long... shape) {
        return weights.get(name);
    }

    @Override
    public NDArray constant(double[] values, long... shape) {
        return manager.create(values).toType(DataType.FLOAT32, true).reshape(new Shape(shape));
    }

    @Override
    public NDArray add(NDArray a, NDArray b) {
        return a.add(b);
    }

    @Override
    public NDArray sub(NDArray a, NDArray b) {
        return a.sub(b);
    }

    @Override
    public NDArray mul(NDArray a, NDArray b) {
        return a.mul(b);
    }

    @Override
    public NDArray div(NDArray a, NDArray b) {
        return a.div(b);
    }

    @Override
    public NDArray scale(NDArray x, double factor) {
        return x.mul((float) factor);
    }

    @Override
    public NDArray shift(NDArray x, double term) {
        return x.add((float) term);
    }

    @Override
    public NDArray exp(NDArray x) {
        return x.exp();
    }

    @Override
    public NDArray log(NDArray x) {
        return x.log();
    }

    @Override
    public NDArray sqrt(NDArray x) {
        return x.sqrt();
    }

    @Override
    public NDArray sin(NDArray x) {
        return x.sin();
    }

    @Override
    public NDArray cos(NDArray x) {
        return x.cos();
    }

    @Override
    public NDArray tanh(NDArray x) {
        return x.tanh();
    }

    @Override
    public NDArray sigmoid(NDArray x) {
        return x.neg().exp().add(1f).pow(-1f);
    }

    @Override
    public NDArray relu(NDArray x) {
        return x.maximum(0f);
    }

    @Override
    public NDArray erf(NDArray x) {
        return x.erf();
    }

    @Override
    public NDArray gelu(NDArray x) {
        return x.mul(x.mul((float) Math.sqrt(0.5)).erf().add(1f)).mul(0.5f);
    }

    @Override
    public NDArray clamp(NDArray x, double low, double high) {
        return x.clip((float) low, (float) high);
    }

    @Override
    public NDArray sum(NDArray x, boolean keep, int... axes) {
        return x.sum(axes, keep);
    }

    @Override
    public NDArray softmax(NDArray x) {
        return x.softmax(-1);
    }

    @Override
    public NDArray logSoftmax(NDArray x) {
        return x.logSoftmax(-1);
    }

    @Override
    public NDArray matmul(NDArray a, NDArray b) {
        return a.matMul(b);
    }

    @Override
    public NDArray linear(NDArray x, NDArray w, @Nullable NDArray b) {
        return Linear.linear(x, w, b).singletonOrThrow();
    }

    @Override
    public NDArray conv2d(NDArray x, NDArray w, @Nullable NDArray b, int stride, int padding) {
        Shape strides = new Shape(stride, stride);
        Shape paddings = new Shape(padding, padding);
        return Conv2d.conv2d(x, w, b, strides, paddings, new Shape(1, 1), 1).singletonOrThrow();
    }

    @Override
    public NDArray conv2d(NDArray x, NDArray w, @Nullable NDArray b, Window window, int groups) {
        Shape strides = new Shape(window.strideY(), window.strideX());
        Shape dilations = new Shape(window.dilationY(), window.dilationX());
        return Conv2d.conv2d(padded(x, window, 0), w, b, strides, new Shape(0, 0), dilations, groups)
                .singletonOrThrow();
    }

    /** Tap by tap. */
    @Override
    public NDArray maxPool2d(NDArray x, int kernelHeight, int kernelWidth, Window window) {
        long[] s = shape(x);
        NDArray padded = padded(x, window, -Float.MAX_VALUE);
        NDArray largest = null;
        for (int k = 0; k < kernelHeight; k++) {
            for (int l = 0; l < kernelWidth; l++) {
                String rows = places(k * window.dilationY(), window.strideY(), window.height(s[2], kernelHeight));
                String columns = places(l * window.dilationX(), window.strideX(), window.width(s[3], kernelWidth));
                NDArray tap = padded.get(":,:," + rows + "," + columns);
                largest = largest == null ? tap : largest.maximum(tap);
            }
        }
        return largest;
    }

    private static String places(long first, long stride, long count) {
        return first + ":" + (first + stride * (count - 1) + 1) + ":" + stride;
    }

    private static NDArray padded(NDArray x, Window window, double value) {
        return x.pad(new Shape(window.left(), window.right(), window.top(), window.bottom()), value);
    }

    @Override
    public NDArray pad2d(NDArray x, int left, int right, int top, int bottom) {
        return x.pad(new Shape(left, right, top, bottom), 0);
    }

    @Override
    public NDArray upsampleNearest2x(NDArray x) {
        return x.repeat(2, 2).repeat(3, 2);
    }

    @Override
    public NDArray avgPool2d(NDArray x, int kernel) {
        long[] s = shape(x);
        return x.reshape(s[0], s[1], s[2] / kernel, kernel, s[3] / kernel, kernel)
                .mean(new int[] {3, 5}, false);
    }

    @Override
    public NDArray groupNorm(NDArray x, int groups, NDArray gamma, NDArray beta, double eps) {
        long[] s = shape(x);
        long[] channels = new long[s.length];
        Arrays.fill(channels, 1);
        channels[1] = s[1];
        return standardised(x.reshape(s[0], groups, -1), eps)
                .reshape(x.getShape())
                .mul(gamma.reshape(channels))
                .add(beta.reshape(channels));
    }

    @Override
    public NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta, double eps) {
        return standardised(x, eps).mul(gamma).add(beta);
    }

    private static NDArray standardised(NDArray x, double eps) {
        int[] last = {x.getShape().dimension() - 1};
        NDArray centred = x.sub(x.mean(last, true));
        return centred.div(centred.square().mean(last, true).add((float) eps).sqrt());
    }

    @Override
    public NDArray embedding(NDArray table, NDArray indices) {
        return table.get(indices.toType(DataType.INT64, true).flatten())
                .reshape(indices.getShape().get(0), indices.getShape().get(1), -1);
    }

    @Override
    public NDArray reshape(NDArray x, long... shape) {
        return x.reshape(shape);
    }

    @Override
    public NDArray transpose(NDArray x, int... order) {
        return x.transpose(order);
    }

    @Override
    public NDArray concat(int axis, List<NDArray> parts) {
        return NDArrays.concat(new NDList(parts), axis);
    }

    @Override
    public NDArray slice(NDArray x, int axis, long from, long to) {
        StringBuilder index = new StringBuilder();
        int place = axis < 0 ? axis + x.getShape().dimension() : axis;
        for (int i = 0; i < place; i++) {
            index.append(":,");
        }
        return x.get(index + "" + from + ":" + to);
    }
}
