package org.plumbline.toolkit.problem;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/** R = offset - factor |x - c|^2 over all numbers of an image. Weight: {@code target} [d], which is c. Immutable. */
public final class QuadraticReward implements DifferentiableRewardModel {
    private final double offset;
    private final double factor;
    private final double[] target;

    private QuadraticReward(double offset, double factor, double[] target) {
        this.offset = offset;
        this.factor = factor;
        this.target = target.clone();
    }

    /** R = 2 - |x - target|^2. */
    public static QuadraticReward around(double... target) {
        return new QuadraticReward(2, 1, target);
    }

    /** R = -|x - target|^2 / 2, the negative of the usual squared loss. */
    public static QuadraticReward halfSquare(double... target) {
        return new QuadraticReward(0, 0.5, target);
    }

    /** R = offset - factor |x - target|^2. */
    public static QuadraticReward of(double offset, double factor, double... target) {
        return new QuadraticReward(offset, factor, target);
    }

    /** R at one point. */
    public double at(double... x) {
        double square = 0;
        for (int i = 0; i < target.length; i++) {
            square += (x[i] - target[i]) * (x[i] - target[i]);
        }
        return offset - factor * square;
    }

    @Override
    public String unit() {
        return "squared distance";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        if (imageShape.length != 3 || imageShape[0] * imageShape[1] * imageShape[2] != target.length) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("the quadratic reward has a target of " + target.length + " numbers and cannot score images "
                            + Arrays.toString(imageShape))
                    .build();
        }
        return new Graph(
                new TensorSpec(IMAGE, TensorSpec.BATCH, imageShape[0], imageShape[1], imageShape[2]), offset, factor);
    }

    @Override
    public WeightSource weights() {
        return WeightSource.of(Map.of("target", new WeightSource.Weight(target, target.length)));
    }

    private record Graph(TensorSpec image, double offset, double factor) implements GraphDefinition {
        @Override
        public String name() {
            return "quadratic-reward";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(image);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            int size = image.rowSize();
            T x = ops.reshape(Objects.requireNonNull(inputs.get(IMAGE)), -1, size);
            T away = ops.sub(x, ops.weight("target", size));
            return ops.shift(ops.scale(ops.sum(ops.mul(away, away), false, 1), -factor), offset);
        }
    }
}
