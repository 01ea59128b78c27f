package org.plumbline.it.conformance;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/** R = - mean((x - target)^2), where x = 2 image - 1: the reward of the golden cases is one of pixels in [-1, 1]. */
final class NegativeMeanSquare implements DifferentiableRewardModel {
    private static final String TARGET = "target";

    private final double[] target;

    NegativeMeanSquare(double[] target) {
        this.target = target.clone();
    }

    @Override
    public String unit() {
        return "squared distance";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        TensorSpec image = new TensorSpec(IMAGE, TensorSpec.BATCH, imageShape[0], imageShape[1], imageShape[2]);
        int size = target.length;
        return new GraphDefinition() {
            @Override
            public String name() {
                return "negative-mean-square";
            }

            @Override
            public List<TensorSpec> inputs() {
                return List.of(image);
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T pixels = ops.reshape(Objects.requireNonNull(inputs.get(IMAGE)), -1, size);
                T x = ops.shift(ops.scale(pixels, 2), -1);
                T away = ops.sub(x, ops.weight(TARGET, size));
                return ops.scale(ops.mean(ops.mul(away, away), false, 1), -1);
            }
        };
    }

    @Override
    public WeightSource weights() {
        return WeightSource.of(Map.of(TARGET, new WeightSource.Weight(target, target.length)));
    }
}
