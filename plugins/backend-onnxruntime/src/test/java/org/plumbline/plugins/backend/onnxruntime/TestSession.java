package org.plumbline.plugins.backend.onnxruntime;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/** What the tests of this package share: a session on the CPU with one thread, random numbers, a network. */
final class TestSession {
    private TestSession() {}

    static BackendSession open() {
        return new OnnxRuntimeBackend(new OnnxRuntimeBackend.Configuration("cpu", 1)).open();
    }

    static double[] normal(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }

    /** A square matrix, a convolution and a norm on images [B, 4, 16, 16]; as many weights as wanted. */
    record Layers(int width) implements GraphDefinition {
        static final int CHANNELS = 4;
        static final int PIXELS = 16;

        @Override
        public String name() {
            return "layers";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", TensorSpec.BATCH, CHANNELS, PIXELS, PIXELS));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T x = Objects.requireNonNull(inputs.get("x"));
            T y = ops.conv2d(x, ops.weight("conv", CHANNELS, CHANNELS, 3, 3), null, 1, 1);
            y = ops.groupNorm(y, 2, ops.weight("gamma", CHANNELS), ops.weight("beta", CHANNELS), 1e-5);
            T row = ops.reshape(y, -1, CHANNELS * PIXELS * PIXELS);
            T inner = ops.linear(row, ops.weight("in", width, CHANNELS * PIXELS * PIXELS), null);
            T outer = ops.linear(ops.tanh(inner), ops.weight("out", CHANNELS * PIXELS * PIXELS, width), null);
            return ops.add(x, ops.reshape(outer, -1, CHANNELS, PIXELS, PIXELS));
        }

        ParameterLayout layout() {
            return ParameterLayout.builder()
                    .add("conv", CHANNELS, CHANNELS, 3, 3)
                    .add("gamma", CHANNELS)
                    .add("beta", CHANNELS)
                    .add("in", width, CHANNELS * PIXELS * PIXELS)
                    .add("out", CHANNELS * PIXELS * PIXELS, width)
                    .build();
        }

        WeightSource weights() {
            Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
            for (ParameterLayout.Entry entry : layout().entries()) {
                double[] values = normal(entry.offset(), entry.size());
                weights.put(entry.name(), new WeightSource.Weight(values, entry.shape()));
            }
            return WeightSource.of(weights);
        }
    }
}
