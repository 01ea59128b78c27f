package org.plumbline.plugins.backend.djl.pytorch;

import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;

/**
 * A UNet of the size that studies on small images use: channels 16-32-64 at 16x16, 8x8 and 4x4 pixels, residual blocks,
 * self-attention in the middle, a time embedding, and tokens that are attended to. Residual blocks end at boundaries.
 *
 * @param unrolled how often the network is applied to its own output, for programs of many operations
 */
record SmallUnet(int unrolled) implements GraphDefinition {
    private static final int EMBEDDING = 64;
    private static final int TOKEN_WIDTH = 32;

    @Override
    public String name() {
        return "small-unet";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec("x", TensorSpec.BATCH, 1, 16, 16),
                new TensorSpec("t", TensorSpec.BATCH),
                new TensorSpec("tokens", TensorSpec.BATCH, 4));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = inputs.get("x");
        for (int i = 0; i < unrolled; i++) {
            x = new Builder<>(ops).network(x, inputs.get("t"), inputs.get("tokens"));
        }
        return x;
    }

    /** Every weight the graph asks for, in order. */
    Map<String, long[]> weights() {
        Map<String, long[]> asked = new LinkedHashMap<>();
        ShapeOps shapes = new ShapeOps(name(), WeightSource.none(), ParameterLayout.empty());
        Map<String, Shape> variables = new LinkedHashMap<>();
        inputs().forEach(spec -> variables.put(spec.name(), shapes.input(spec)));
        @SuppressWarnings("unchecked") // a proxy of Ops is an Ops of whatever its handler returns
        Ops<Shape> recorder = (Ops<Shape>) Proxy.newProxyInstance(
                Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, (self, method, arguments) -> {
                    if (method.getName().equals("weight")) {
                        asked.put((String) arguments[0], (long[]) arguments[1]);
                        return new Shape((long[]) arguments[1]);
                    }
                    return method.invoke(shapes, arguments);
                });
        build(recorder, variables);
        return asked;
    }

    /** Random weights at which the network neither explodes nor dies. */
    Map<String, WeightSource.Weight> randomWeights(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights().forEach((name, shape) -> {
            double fan = 1;
            int size = 1;
            for (int axis = 0; axis < shape.length; axis++) {
                size *= (int) shape[axis];
                fan *= axis > 0 ? shape[axis] : 1;
            }
            double[] values = new double[size];
            double scale = shape.length == 1 ? 0.1 : 1 / Math.sqrt(fan);
            for (int i = 0; i < size; i++) {
                values[i] = scale * random.nextGaussian() + (name.endsWith("gamma") ? 1 : 0);
            }
            weights.put(name, new WeightSource.Weight(values, shape));
        });
        return weights;
    }

    private record Builder<T>(Ops<T> ops) {
        T network(T x, T t, T tokens) {
            double[] frequencies = new double[16];
            for (int i = 0; i < 16; i++) {
                frequencies[i] = Math.exp(-Math.log(10_000) * i / 16);
            }
            T angle = ops.mul(ops.reshape(t, -1, 1), ops.constant(frequencies, 1, 16));
            T e = ops.concat(1, List.of(ops.sin(angle), ops.cos(angle)));
            e = linear("time.2", ops.silu(linear("time.1", e, 32, EMBEDDING)), EMBEDDING, EMBEDDING);
            T context = ops.embedding(ops.weight("tokens.table", 10, TOKEN_WIDTH), tokens);

            T fine = residual("down.0", conv("in", x, 1, 16, 1), e, 16, 16);
            T middle = residual("down.1", conv("shrink.0", fine, 16, 16, 2), e, 16, 32);
            T coarse = residual("down.2", conv("shrink.1", middle, 32, 32, 2), e, 32, 64);
            coarse = attention("self", coarse, null, 64);
            coarse = attention("cross", coarse, context, 64);
            coarse = residual("mid", coarse, e, 64, 64);
            T h = conv("grow.1", ops.upsampleNearest2x(coarse), 64, 32, 1);
            h = residual("up.1", ops.concat(1, List.of(h, middle)), e, 64, 32);
            h = conv("grow.0", ops.upsampleNearest2x(h), 32, 16, 1);
            h = residual("up.0", ops.concat(1, List.of(h, fine)), e, 32, 16);
            return conv("out", ops.silu(norm("out.norm", h, 16)), 16, 1, 1);
        }

        private T residual(String name, T x, T e, int in, int out) {
            T h = conv(name + ".1", ops.silu(norm(name + ".norm1", x, in)), in, out, 1);
            T shift = linear(name + ".time", ops.silu(e), EMBEDDING, out);
            h = ops.add(h, ops.reshape(shift, -1, out, 1, 1));
            h = conv(name + ".2", ops.silu(norm(name + ".norm2", h, out)), out, out, 1);
            T skip = in == out ? x : ops.conv2d(x, ops.weight(name + ".skip.weight", out, in, 1, 1), null, 1, 0);
            return ops.boundary(ops.add(skip, h));
        }

        private T attention(String name, T x, T context, int width) {
            long[] shape = ops.shape(x);
            int pixels = (int) (shape[2] * shape[3]);
            T h = ops.transpose(ops.reshape(norm(name + ".norm", x, width), -1, width, pixels), 0, 2, 1);
            T from = context == null ? h : context;
            int other = context == null ? width : TOKEN_WIDTH;
            int keys = context == null ? pixels : 4;
            T q = heads(ops.linear(h, ops.weight(name + ".q", width, width), null), pixels, width);
            T k = heads(ops.linear(from, ops.weight(name + ".k", width, other), null), keys, width);
            T v = heads(ops.linear(from, ops.weight(name + ".v", width, other), null), keys, width);
            T mixed = ops.reshape(ops.transpose(ops.attention(q, k, v, false), 0, 2, 1, 3), -1, pixels, width);
            T back = ops.transpose(linear(name + ".out", mixed, width, width), 0, 2, 1);
            return ops.add(x, ops.reshape(back, -1, width, shape[2], shape[3]));
        }

        private T heads(T x, int length, int width) {
            return ops.transpose(ops.reshape(x, -1, length, 4, width / 4), 0, 2, 1, 3);
        }

        private T norm(String name, T x, int width) {
            return ops.groupNorm(x, 8, ops.weight(name + ".gamma", width), ops.weight(name + ".beta", width), 1e-5);
        }

        private T conv(String name, T x, int in, int out, int stride) {
            return ops.conv2d(
                    x, ops.weight(name + ".weight", out, in, 3, 3), ops.weight(name + ".bias", out), stride, 1);
        }

        private T linear(String name, T x, int in, int out) {
            return ops.linear(x, ops.weight(name + ".weight", out, in), ops.weight(name + ".bias", out));
        }
    }
}
