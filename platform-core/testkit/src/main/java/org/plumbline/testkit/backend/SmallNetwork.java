package org.plumbline.testkit.backend;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/**
 * What a denoiser is made of, at the smallest size: a residual convolution block with a time embedding, attention to a
 * condition, down- and upsampling with a skip connection.
 */
final class SmallNetwork implements GraphDefinition {
    private static final int CHANNELS = 4;

    @Override
    public String name() {
        return "small network";
    }

    /** sample [B, 2, 4, 4], timestep [B], condition [B, 3, 4]. */
    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec("sample", TensorSpec.BATCH, 2, 4, 4),
                new TensorSpec("timestep", TensorSpec.BATCH),
                new TensorSpec("condition", TensorSpec.BATCH, 3, 4));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T sample = Objects.requireNonNull(inputs.get("sample"));
        T time = ops.reshape(Objects.requireNonNull(inputs.get("timestep")), -1, 1);
        T condition = Objects.requireNonNull(inputs.get("condition"));

        T angles = ops.mul(time, ops.constant(new double[] {1, 0.1, 0.01}, 1, 3));
        T embedded = ops.concat(1, List.of(ops.cos(angles), ops.sin(angles)));
        T shift = ops.linear(
                ops.silu(embedded), ops.weight("time.weight", CHANNELS, 6), ops.weight("time.bias", CHANNELS));

        T x = ops.conv2d(sample, ops.weight("conv.weight", CHANNELS, 2, 3, 3), ops.weight("conv.bias", CHANNELS), 1, 1);
        T normed = ops.groupNorm(x, 2, ops.weight("norm.weight", CHANNELS), ops.weight("norm.bias", CHANNELS), 1e-5);
        T block = ops.add(ops.silu(normed), ops.reshape(shift, -1, CHANNELS, 1, 1));
        x = ops.add(x, ops.conv2d(block, ops.weight("block.weight", CHANNELS, CHANNELS, 3, 3), null, 1, 1));
        T down = ops.conv2d(x, ops.weight("down.weight", CHANNELS, CHANNELS, 3, 3), null, 2, 1);

        T tokens = ops.transpose(ops.reshape(down, -1, CHANNELS, 4), 0, 2, 1);
        T normedTokens =
                ops.layerNorm(tokens, ops.weight("layer.weight", CHANNELS), ops.weight("layer.bias", CHANNELS), 1e-5);
        T query = heads(ops, ops.linear(normedTokens, ops.weight("query.weight", CHANNELS, CHANNELS), null), 4);
        T key = heads(ops, ops.linear(condition, ops.weight("key.weight", CHANNELS, 4), null), 3);
        T value = heads(ops, ops.linear(condition, ops.weight("value.weight", CHANNELS, 4), null), 3);
        T attended = ops.reshape(ops.transpose(ops.attention(query, key, value, false), 0, 2, 1, 3), -1, 4, CHANNELS);
        tokens = ops.gelu(ops.add(tokens, attended));
        T image = ops.reshape(ops.transpose(tokens, 0, 2, 1), -1, CHANNELS, 2, 2);

        T up = ops.concat(1, List.of(ops.upsampleNearest2x(image), x));
        return ops.conv2d(up, ops.weight("out.weight", 2, 2 * CHANNELS, 3, 3), ops.weight("out.bias", 2), 1, 1);
    }

    /** [B, length, channels] to two heads [B, 2, length, channels / 2]. */
    private static <T> T heads(Ops<T> ops, T x, int length) {
        return ops.transpose(ops.reshape(x, -1, length, 2, CHANNELS / 2), 0, 2, 1, 3);
    }

    /** All weights as parameters. */
    ParameterLayout layout() {
        return ParameterLayout.builder()
                .add("time.weight", CHANNELS, 6)
                .add("time.bias", CHANNELS)
                .add("conv.weight", CHANNELS, 2, 3, 3)
                .add("conv.bias", CHANNELS)
                .add("norm.weight", CHANNELS)
                .add("norm.bias", CHANNELS)
                .add("block.weight", CHANNELS, CHANNELS, 3, 3)
                .add("down.weight", CHANNELS, CHANNELS, 3, 3)
                .add("layer.weight", CHANNELS)
                .add("layer.bias", CHANNELS)
                .add("query.weight", CHANNELS, CHANNELS)
                .add("key.weight", CHANNELS, 4)
                .add("value.weight", CHANNELS, 4)
                .add("out.weight", 2, 2 * CHANNELS, 3, 3)
                .add("out.bias", 2)
                .build();
    }

    /** Random parameters. */
    double[] theta() {
        double[] theta = new double[layout().size()];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < theta.length; i++) {
            theta[i] = (float) (random.nextDouble() - 0.5);
        }
        return theta;
    }

    /** The same numbers as frozen weights. */
    WeightSource weights() {
        return weightsWithout("");
    }

    /** All weights but one. */
    WeightSource weightsWithout(String missing) {
        double[] theta = theta();
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        for (ParameterLayout.Entry entry : layout().entries()) {
            if (!entry.name().equals(missing)) {
                double[] values = Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
                weights.put(entry.name(), new WeightSource.Weight(values, entry.shape()));
            }
        }
        return WeightSource.of(weights);
    }

    /** Random inputs. */
    Values inputs(int rows) {
        SplittableRandom random = new SplittableRandom(rows);
        Values values = new Values();
        for (TensorSpec spec : inputs()) {
            double[] numbers = new double[rows * spec.rowSize()];
            double size = spec.name().equals("timestep") ? 20 : 2;
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) (size * (random.nextDouble() - (size == 2 ? 0.5 : 0)));
            }
            long[] shape = spec.shape();
            shape[0] = rows;
            values.put(spec.name(), numbers, shape);
        }
        return values;
    }
}
