package org.plumbline.plugins.reward.digits;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/** Evaluates rewards and their gradients in float64. */
final class Graphs {
    /** Rewards [rows] and, with cotangent 1 for every row, the gradient of each with respect to its own image. */
    static final class Scored {
        private final double[] rewards;
        private final double[] gradient;

        private Scored(double[] rewards, double[] gradient) {
            this.rewards = rewards;
            this.gradient = gradient;
        }

        double[] rewards() {
            return rewards;
        }

        double[] gradient() {
            return gradient;
        }
    }

    private Graphs() {}

    static Scored score(DifferentiableRewardModel reward, double[] images, long[] imageShape, List<String> prompts) {
        int rows = prompts.size();
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(reward.graph(imageShape), reward.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            Map<String, double[]> values = new HashMap<>(reward.inputs(prompts));
            values.put(DifferentiableRewardModel.IMAGE, images);
            for (TensorSpec spec : network.definition().inputs()) {
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(values.get(spec.name()), shape));
            }
            double[] ones = new double[rows];
            java.util.Arrays.fill(ones, 1);
            var pulled =
                    network.vjp(arena, null, inputs, arena.tensor(ones, rows), Set.of(DifferentiableRewardModel.IMAGE));
            return new Scored(
                    pulled.output().toDoubles(),
                    pulled.inputGradients().get(DifferentiableRewardModel.IMAGE).toDoubles());
        }
    }

    /** Central differences of the sum of the rewards. */
    static double[] differences(
            DifferentiableRewardModel reward, double[] images, long[] imageShape, List<String> prompts, double step) {
        double[] gradient = new double[images.length];
        for (int i = 0; i < images.length; i++) {
            double[] up = images.clone();
            double[] down = images.clone();
            up[i] += step;
            down[i] -= step;
            gradient[i] = (sum(score(reward, up, imageShape, prompts).rewards())
                            - sum(score(reward, down, imageShape, prompts).rewards()))
                    / (2 * step);
        }
        return gradient;
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }
}
