package org.plumbline.testkit.estimator;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;

/**
 * The network m = tanh(W x + U c) in two dimensions, with a condition of two numbers: the smallest chain on which weights,
 * conditioning and initial noise can be trained, so that replicas are cheap. Its samplers are those of
 * {@link org.plumbline.toolkit.problem.TanhChain}. Weights: {@code W} [2, 2], trained, and {@code U} [2, 2].
 */
record ConditionedChain() implements ClosedFormDenoiser {
    private static final int D = 2;

    @Override
    public int dimensions() {
        return D;
    }

    @Override
    public String name() {
        return "conditioned-chain";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, D, 1, 1),
                new TensorSpec(DenoiserInput.CONDITION.key(), TensorSpec.BATCH, 1, D));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = ops.reshape(Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())), -1, D);
        T c = ops.reshape(Objects.requireNonNull(inputs.get(DenoiserInput.CONDITION.key())), -1, D);
        T sum = ops.add(ops.linear(x, ops.weight("W", D, D), null), ops.linear(c, ops.weight("U", D, D), null));
        return ops.reshape(ops.tanh(sum), -1, D, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("W", new WeightSource.Weight(new double[] {0.7, -0.5, 0.4, 0.6}, D, D));
        weights.put("U", new WeightSource.Weight(new double[] {0.5, -0.3, 0.2, 0.6}, D, D));
        return weights;
    }

    @Override
    public ParameterLayout layout() {
        return ParameterLayout.builder().add("W", D, D).build();
    }
}
