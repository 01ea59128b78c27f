package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Reduction;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Spread;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.StepOrder;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.WindowOrder;

/**
 * A policy gradient method, complete.
 *
 * @param surrogate what is differentiated
 * @param baseline how rewards become advantages
 * @param spread by whose deviation the advantages of a group are divided
 * @param window where there is noise
 * @param steps which noisy steps are trained
 */
record Method(Surrogate surrogate, Baseline baseline, Spread spread, Window window, Steps steps) {
    /**
     * What is differentiated.
     *
     * @param objective per step
     * @param reduction of log-probabilities and divergences over the latent
     * @param clip e
     * @param kl weight of the divergence from the pre-trained model
     * @param updates on the samples of one rollout
     */
    record Surrogate(Objective objective, Reduction reduction, double clip, double kl, int updates) {}

    /**
     * A window of noisy steps.
     *
     * @param size number of noisy steps, 0 for all
     * @param every rollouts until it moves
     * @param stride steps by which it moves
     * @param order where it moves
     */
    record Window(int size, int every, int stride, WindowOrder order) {
        static final Window NONE = new Window(0, 25, 1, WindowOrder.AROUND);

        boolean none() {
            return size == 0;
        }
    }

    /**
     * The noisy steps that are trained.
     *
     * @param fraction of all
     * @param order which
     * @param rescaled whether they are weighted for all
     * @param untrainedEnd whether the last step may be without noise
     */
    record Steps(double fraction, StepOrder order, boolean rescaled, boolean untrainedEnd) {
        static final Steps ALL = new Steps(1, StepOrder.RANDOM, true, false);

        /** Whether their expectation is the sum over all steps. */
        boolean unbiased() {
            return (fraction == 1 || (rescaled && order == StepOrder.RANDOM)) && !untrainedEnd;
        }
    }

    /** The preset with what was set explicitly. */
    static Method of(Configuration configuration) {
        Method preset = configuration.preset().method();
        return new Method(
                new Surrogate(
                        or(configuration.objective(), preset.surrogate.objective),
                        or(configuration.logProbability(), preset.surrogate.reduction),
                        or(configuration.clip(), preset.surrogate.clip),
                        or(configuration.kl(), preset.surrogate.kl),
                        or(configuration.updatesPerRollout(), preset.surrogate.updates)),
                or(configuration.baseline(), preset.baseline),
                or(configuration.groupDeviation(), preset.spread),
                new Window(
                        or(configuration.windowSize(), preset.window.size),
                        or(configuration.windowEvery(), preset.window.every),
                        or(configuration.windowStride(), preset.window.stride),
                        or(configuration.windowOrder(), preset.window.order)),
                new Steps(
                        or(configuration.timestepFraction(), preset.steps.fraction),
                        or(configuration.timestepOrder(), preset.steps.order),
                        or(configuration.timestepRescale(), preset.steps.rescaled),
                        or(configuration.untrainedEnd(), preset.steps.untrainedEnd)));
    }

    /** Whether the expectation is the gradient of E[R], on any sampler that is accepted. */
    boolean unbiased() {
        boolean independent =
                baseline == Baseline.NONE || baseline == Baseline.LEAVE_ONE_OUT || baseline == Baseline.VALUE;
        return surrogate.objective == Objective.SCORE_FUNCTION
                && surrogate.reduction == Reduction.SUM
                && surrogate.kl == 0
                && surrogate.updates == 1
                && independent
                && window.none()
                && steps.unbiased();
    }

    private static <T> T or(@Nullable T set, T preset) {
        return Objects.requireNonNullElse(set, preset);
    }
}
