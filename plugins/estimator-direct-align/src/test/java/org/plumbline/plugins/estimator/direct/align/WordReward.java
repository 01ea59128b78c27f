package org.plumbline.plugins.estimator.direct.align;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/** 2 - |x - c|^2 for images of three numbers, with a target c that depends on the prompt's first word. */
final class WordReward implements DifferentiableRewardModel {
    private static double[] target(String prompt) {
        return prompt.startsWith("Real. ")
                ? new double[] {0.7, -0.4, 0.2}
                : prompt.startsWith("Painting. ") ? new double[] {-0.5, 0.3, 0.6} : new double[] {9, 9, 9};
    }

    double at(double[] x, String prompt) {
        double square = 0;
        for (int i = 0; i < 3; i++) {
            square += Math.pow(x[i] - target(prompt)[i], 2);
        }
        return 2 - square;
    }

    @Override
    public String unit() {
        return "squared distance";
    }

    @Override
    public Map<String, double[]> inputs(List<String> prompts) {
        double[] targets = new double[3 * prompts.size()];
        for (int row = 0; row < prompts.size(); row++) {
            System.arraycopy(target(prompts.get(row)), 0, targets, 3 * row, 3);
        }
        return Map.of("target", targets);
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        return new GraphDefinition() {
            @Override
            public String name() {
                return "word-reward";
            }

            @Override
            public List<TensorSpec> inputs() {
                return List.of(
                        new TensorSpec(IMAGE, TensorSpec.BATCH, 3, 1, 1),
                        new TensorSpec("target", TensorSpec.BATCH, 3));
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T x = ops.reshape(Objects.requireNonNull(inputs.get(IMAGE)), -1, 3);
                T away = ops.sub(x, Objects.requireNonNull(inputs.get("target")));
                return ops.shift(ops.scale(ops.sum(ops.mul(away, away), false, 1), -1), 2);
            }
        };
    }
}
