package org.plumbline.it.scale;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/** How much more red than green an image is on average: a reward that costs nothing itself. */
final class Redness implements DifferentiableRewardModel {
    @Override
    public String unit() {
        return "part of white";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        TensorSpec image = new TensorSpec(IMAGE, TensorSpec.BATCH, imageShape[0], imageShape[1], imageShape[2]);
        return new GraphDefinition() {
            @Override
            public String name() {
                return "redness";
            }

            @Override
            public List<TensorSpec> inputs() {
                return List.of(image);
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T means = ops.mean(Objects.requireNonNull(inputs.get(IMAGE)), false, 2, 3);
                T difference = ops.sub(ops.slice(means, 1, 0, 1), ops.slice(means, 1, 1, 2));
                return ops.reshape(difference, -1);
            }
        };
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }
}
