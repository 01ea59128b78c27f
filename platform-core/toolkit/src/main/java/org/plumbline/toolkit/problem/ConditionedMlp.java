package org.plumbline.toolkit.problem;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;

/**
 * A smooth noise predictor with a condition, for solvers of the probability flow and their adjoints:
 * eps = 0.8 sigma x + W2 tanh(W1 x + U c + b + v t), with t in (0, 1] the continuous time (label + 1) / N of the model's
 * time label.
 *
 * <p>Inputs: {@code sample} [B, 6, 1, 1], {@code timestep} [B], {@code condition} [B, 1, 3], {@code sigma} [B]. Weights,
 * all trained: {@code W1} [8, 6], {@code W2} [6, 8], {@code U} [8, 3], {@code b} [8], {@code v} [8].
 *
 * @param trainSteps N of the noise schedule it is used with
 */
public record ConditionedMlp(int trainSteps) implements ClosedFormDenoiser {
    private static final int D = 6;
    private static final int HIDDEN = 8;
    private static final int CONDITION = 3;

    /** For schedules of 1000 steps. */
    public static ConditionedMlp standard() {
        return new ConditionedMlp(1000);
    }

    @Override
    public int dimensions() {
        return D;
    }

    @Override
    public String name() {
        return "conditioned-mlp";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, D, 1, 1),
                new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH),
                new TensorSpec(DenoiserInput.CONDITION.key(), TensorSpec.BATCH, 1, CONDITION),
                new TensorSpec(DenoiserInput.SIGMA.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, D);
        T label = ops.reshape(Numbers.input(inputs, DenoiserInput.TIMESTEP), -1, 1);
        T c = ops.reshape(Numbers.input(inputs, DenoiserInput.CONDITION), -1, CONDITION);
        T sigma = ops.reshape(Numbers.input(inputs, DenoiserInput.SIGMA), -1, 1);

        T t = ops.scale(ops.shift(label, 1), 1.0 / trainSteps);
        T hidden = ops.linear(x, ops.weight("W1", HIDDEN, D), ops.weight("b", HIDDEN));
        hidden = ops.add(hidden, ops.linear(c, ops.weight("U", HIDDEN, CONDITION), null));
        hidden = ops.tanh(ops.add(hidden, ops.mul(t, ops.weight("v", HIDDEN))));
        T eps = ops.add(ops.scale(ops.mul(sigma, x), 0.8), ops.linear(hidden, ops.weight("W2", D, HIDDEN), null));
        return ops.reshape(eps, -1, D, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("W1", Numbers.weight(HIDDEN, D, (i, j) -> 0.6 * wave(0.1, i, j)));
        weights.put("W2", Numbers.weight(D, HIDDEN, (i, j) -> 0.5 * wave(0.9, i, j)));
        weights.put("U", Numbers.weight(HIDDEN, CONDITION, (i, j) -> 0.4 * wave(0.4, i, j)));
        weights.put("b", Numbers.weight(HIDDEN, i -> 0.1 * Math.cos(i)));
        weights.put("v", Numbers.weight(HIDDEN, i -> Math.sin(0.5 + i)));
        return weights;
    }

    private static double wave(double phase, int i, int j) {
        return Math.sin(phase + 1.3 * i + 0.7 * j + 0.11 * i * j);
    }

    @Override
    public ParameterLayout layout() {
        return ClosedFormDenoiser.layoutOf(weights());
    }

    /** The condition of the recorded gradients. */
    public double[] condition() {
        return new double[] {0.3, -0.2, 0.5};
    }

    /** The latent x_T of the recorded gradients. */
    public double[] start() {
        return Numbers.vector(D, i -> 1.2 * Math.cos(1.7 * i + 0.2));
    }

    /** The target of the recorded gradients, whose loss is |x_0 - target|^2 / 2. */
    public double[] target() {
        return Numbers.vector(D, i -> 0.2 * Math.sin(i + 1.0));
    }
}
