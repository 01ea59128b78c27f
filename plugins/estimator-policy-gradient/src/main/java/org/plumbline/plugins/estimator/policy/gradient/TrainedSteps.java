package org.plumbline.plugins.estimator.policy.gradient;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.StepOrder;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The noisy calls whose scores are collected in one update.
 *
 * @param noisy all calls with noise
 * @param trained those that are trained
 * @param scale by which each is weighted
 */
record TrainedSteps(BitSet noisy, BitSet trained, double scale) {
    /** Draws the steps of an update; the same for all samples, so that the others cost nothing. */
    static TrainedSteps draw(Method.Steps steps, SamplerProgram program, RandomGenerator random) {
        BitSet noisy = new BitSet();
        List<Integer> left = new ArrayList<>();
        for (int k = 0; k < program.size(); k++) {
            if (program.stochastic(k)) {
                noisy.set(k);
                left.add(k);
            }
        }
        int all = left.size();
        int count = Math.max(1, (int) (all * steps.fraction() + 1e-9));
        BitSet trained = new BitSet();
        while (trained.cardinality() < count) {
            boolean first = count == all || steps.order() == StepOrder.FIRST;
            trained.set(left.remove(first ? 0 : random.nextInt(left.size())));
        }
        return new TrainedSteps(noisy, trained, steps.rescaled() ? (double) all / count : 1);
    }

    /**
     * Adds to a plan what happens at the noisy calls that are not trained: the state after each is observed and its score
     * left out. In a sampler with memory the adjoints of earlier outputs pass on.
     *
     * @param onlyThese whether nothing before the first trained call is trained, not even by deterministic steps
     */
    SweepPlan without(SweepPlan plan, int rows, boolean onlyThese) {
        SweepPlan result = plan;
        for (int k = noisy.nextSetBit(0); k >= 0; k = noisy.nextSetBit(k + 1)) {
            if (!trained.get(k)) {
                result = plan.program().markov() ? result.stopBefore(k) : result.cut(k, new double[rows]);
            }
        }
        int first = trained.nextSetBit(0);
        return onlyThese && first > 0 ? result.stopBefore(first - 1) : result;
    }
}
