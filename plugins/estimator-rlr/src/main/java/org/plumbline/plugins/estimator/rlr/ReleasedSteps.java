package org.plumbline.plugins.estimator.rlr;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * What the published code has in the place of a sub-chain: single steps, drawn independently of one another, each with
 * PPO's surrogate min(A rho, A clip(rho, 1 - e, 1 + e)) of the ratio rho of present to sampling probability. No gradient
 * crosses a step. Where the parameters are still those of the rollout, rho is 1 and each is a plain score.
 */
final class ReleasedSteps {
    /** The published code bounds ln rho so that its exponential stays finite. */
    private static final double LARGEST_LOG_RATIO = 20;

    private final Configuration configuration;
    private final HalfOrder halfOrder;

    ReleasedSteps(Configuration configuration, HalfOrder halfOrder) {
        this.configuration = configuration;
        this.halfOrder = halfOrder;
    }

    /**
     * The surrogate's gradient as a plan.
     *
     * @param plan cuts at the drawn steps
     * @param clipped fraction of samples and steps beyond the clip range
     */
    record Surrogate(SweepPlan plan, double clipped) {}

    /** Draws noisy steps of the window, with replacement. */
    List<Integer> draw(SamplerProgram program, SubChainStart.Window window, int count, RandomGenerator random) {
        List<Integer> noisy = noisy(program, window);
        List<Integer> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            drawn.add(noisy.get(random.nextInt(noisy.size())));
        }
        return drawn;
    }

    /** The steps that can be drawn. */
    static List<Integer> noisy(SamplerProgram program, SubChainStart.Window window) {
        int steps = program.size();
        List<Integer> noisy = new ArrayList<>();
        for (int step = window.least(); step <= window.largest(); step++) {
            if (program.stochastic(steps - step)) {
                noisy.add(step);
            }
        }
        return noisy;
    }

    /**
     * The surrogate of the drawn steps, each multiplied by a factor.
     *
     * @param drawn steps from the output; one that is drawn twice counts twice
     */
    Surrogate surrogate(Chain chain, Trajectory sampled, double[] rewards, List<Integer> drawn, double factor) {
        double[] weights = halfOrder.weights(chain, rewards, factor);
        int steps = chain.program().size();
        SweepPlan plan = SweepPlan.of(chain.program());
        int outside = 0;
        int scored = 0;
        for (int step : new TreeSet<>(drawn)) {
            double times = Collections.frequency(drawn, step);
            scored++;
            int k = steps - step;
            StepScore score = chain.score(sampled, k);
            double[] ofStep = new double[weights.length];
            for (int row = 0; row < weights.length; row++) {
                double logRatio = score.logRatio()[row] / halfOrder.divisor(chain);
                double ratio = Math.exp(Math.max(-LARGEST_LOG_RATIO, Math.min(logRatio, LARGEST_LOG_RATIO)));
                double clip = configuration.clipInUse();
                boolean counts = weights[row] >= 0 ? ratio <= 1 + clip : ratio >= 1 - clip;
                ofStep[row] = counts ? times * weights[row] * ratio : 0;
                outside += Math.abs(ratio - 1) > clip ? 1 : 0;
            }
            plan = plan.cut(k, ofStep, score.residual());
            if (k > 0) {
                plan = plan.stopBefore(k - 1);
            }
        }
        double all = Math.max(1, scored * weights.length);
        return new Surrogate(plan, outside / all);
    }
}
