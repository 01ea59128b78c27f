package org.plumbline.plugins.example.estimator;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.toolkit.statistics.Advantages;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Half order in sub-chains of two calls, and the ways to get it wrong: the last call is differentiated through the
 * reward, and every sub-chain before it starts from the score of its last step.
 */
final class WrongEstimator implements GradientEstimator {
    private static final int LENGTH = 2;

    /** What is wrong. */
    enum Fault {
        NONE,
        /** The baseline is subtracted from the weight of the reward's gradient instead of from the score's. */
        BASELINE_IN_THE_WRONG_PLACE,
        /** A sub-chain starts from the noise that enters at its first step instead of at its last. */
        SCORE_AT_THE_WRONG_END,
        /** The sub-chains are left out, and nothing is said about it. */
        TRUNCATED_BUT_DECLARED_UNBIASED,
        /** The same is admitted, while nothing is left out. */
        UNBIASED_BUT_NOT_DECLARED,
        /** A second sweep whose result is thrown away. */
        MORE_WORK_THAN_DOCUMENTED,
        /** Uses the reward's gradient and does not say so. */
        UNDECLARED_NEED,
        /** Every trouble of the backend becomes a gradient of zeros. */
        SWALLOWS_TROUBLE,
        /** The gradient depends on how often the object was used, and that is not in its memory. */
        FORGETS_ITS_MEMORY,
        /** Draws from elsewhere. */
        OWN_RANDOM_NUMBERS
    }

    private final Fault fault;
    private int uses;

    WrongEstimator(Fault fault) {
        this.fault = fault;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS,
                EstimatorTrait.UNBIASED);
        if (fault == Fault.UNDECLARED_NEED) {
            traits.remove(EstimatorTrait.NEEDS_REWARD_GRADIENT);
        }
        if (fault == Fault.UNBIASED_BUT_NOT_DECLARED) {
            traits.remove(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        uses++;
        Trajectory sampled = chain.behaviour();
        double[] gradient;
        try {
            gradient = chain.sweep(sampled, plan(chain, sampled));
            if (fault == Fault.MORE_WORK_THAN_DOCUMENTED) {
                chain.sweep(sampled, plan(chain, sampled));
            }
        } catch (PlumblineException trouble) {
            if (fault != Fault.SWALLOWS_TROUBLE) {
                throw trouble;
            }
            gradient = new double[chain.parameterCount()];
        }
        if (fault == Fault.FORGETS_ITS_MEMORY) {
            Vectors.addTo(gradient, 1e-3 * uses, gradient.clone());
        }
        if (fault == Fault.OWN_RANDOM_NUMBERS) {
            Vectors.addTo(gradient, 1e-9 * (System.nanoTime() % 1000), gradient.clone());
        }
        return GradientEstimate.of(gradient, chain.rewards(sampled));
    }

    private SweepPlan plan(Chain chain, Trajectory sampled) {
        // Comes with the rewards, so that they are evaluated once.
        chain.rewardGradient(sampled);
        double[] rewards = chain.rewards(sampled);
        double[] advantages = Advantages.leaveOneOut(rewards);
        boolean misplaced = fault == Fault.BASELINE_IN_THE_WRONG_PLACE;
        double[] ones = new double[rewards.length];
        Arrays.fill(ones, 1);
        int last = chain.program().size() - 1;
        SweepPlan plan = SweepPlan.of(chain.program()).fromReward(misplaced ? advantages : ones);
        if (fault == Fault.TRUNCATED_BUT_DECLARED_UNBIASED) {
            return plan.stopBefore(last - 1);
        }
        double[] weights = misplaced ? rewards : advantages;
        for (int end = last - 1; end >= 0; end -= LENGTH) {
            int start = Math.max(0, end - LENGTH + 1);
            Tensor noise = sampled.noise(fault == Fault.SCORE_AT_THE_WRONG_END ? start : end);
            plan = plan.cut(end, weights, noise);
        }
        return plan;
    }

    @Override
    public List<Citation> citations() {
        return List.of();
    }
}
