package org.plumbline.plugins.estimator.rlr;

import java.util.List;
import org.plumbline.plugins.estimator.rlr.Configuration.LogProbability;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.SweepPlan;

/**
 * The half-order part: (R - b) z_j / sigma_j at the output end of a sub-chain, pulled back through its steps.
 *
 * <p>With the mean log-probability all of it is divided by the size of the latent. An optimiser that normalises its steps
 * forgives that where the part stands alone; added to a first-order part, which is not divided, it all but disappears.
 */
final class HalfOrder {
    private final Baseline baseline;
    private final LogProbability logProbability;
    private final double weight;

    HalfOrder(Configuration configuration) {
        this.baseline = configuration.baselineInUse();
        this.logProbability = configuration.logProbabilityInUse();
        this.weight = configuration.wHo();
    }

    /** Advantages as weights of a cut, times the part's weight and a factor. */
    double[] weights(Chain chain, double[] rewards, double factor) {
        double[] weights = baseline.advantages(chain.prompts(), rewards).clone();
        for (int row = 0; row < weights.length; row++) {
            weights[row] *= weight * factor / divisor(chain);
        }
        return weights;
    }

    /** What a log-probability is divided by. */
    double divisor(Chain chain) {
        return logProbability == LogProbability.MEAN ? chain.profile().latentSize() : 1;
    }

    /** Cuts at the output end of each sub-chain; nothing passes from one to another, nor from the reward into them. */
    static SweepPlan plan(Chain chain, List<SubChain> subChains, double[] weights) {
        int steps = chain.program().size();
        SweepPlan plan = SweepPlan.of(chain.program());
        for (SubChain each : subChains) {
            plan = plan.cut(steps - each.start(), weights);
            if (each.end() < steps) {
                plan = plan.stopBefore(steps - each.end() - 1);
            }
        }
        return plan;
    }
}
