package org.plumbline.plugins.model.toy.chain;

import jakarta.inject.Inject;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;

/** R = 2 - |x_0 - c|^2 with the toy chain's target c. */
@Plugin(id = "toy-chain", description = "2 minus the squared distance to the toy chain's target")
final class ToyChainReward implements DifferentiableRewardModel {
    private final QuadraticReward reward =
            QuadraticReward.around(TanhChain.standard().target());

    @Inject
    ToyChainReward() {}

    @Override
    public String unit() {
        return reward.unit();
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        return reward.graph(imageShape);
    }

    @Override
    public WeightSource weights() {
        return reward.weights();
    }
}
