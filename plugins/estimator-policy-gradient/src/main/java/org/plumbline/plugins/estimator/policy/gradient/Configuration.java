package org.plumbline.plugins.estimator.policy.gradient;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/**
 * Settings; those that are null are the preset's.
 *
 * @param preset a method of the literature
 * @param objective what is differentiated
 * @param baseline how rewards become advantages
 * @param logProbability sum or mean over the latent
 * @param clip e, in units of the chosen log-probability
 * @param updatesPerRollout updates on the same samples
 * @param kl weight of the divergence from the pre-trained model
 * @param groupDeviation by whose deviation the advantages of a group are divided
 * @param windowSize noisy steps of a window, 0 for noise everywhere
 * @param windowEvery rollouts until the window moves
 * @param windowStride steps by which it moves
 * @param windowOrder where it moves
 * @param timestepFraction fraction of the noisy steps that is trained
 * @param timestepOrder which
 * @param timestepRescale whether those are weighted for all
 * @param untrainedEnd whether a sampler without noise in its last step is accepted
 * @param advantageClip bound of standardised advantages
 * @param promptBuffer how many rewards are remembered for each prompt
 * @param promptMinimum from how many remembered rewards on a prompt's own statistics are used
 * @param valueDecay how fast the value function forgets
 * @param valueRidge how small its weights are kept
 * @param mismatchCalls how many log-probabilities are computed again
 */
record Configuration(
        @Setting(
                description = "defaults of the settings below: reinforce, ddpo, dpok, flow-grpo, flow-grpo-fast,"
                        + " dance-grpo or mix-grpo",
                defaultValue = "reinforce")
        Preset preset,

        @Setting(description = "score-function, clip (PPO) or clamp (DPOK); default: the preset's") @Nullable
        Objective objective,

        @Setting(description = "none, leave-one-out, per-prompt, group or value; default: the preset's") @Nullable
        Baseline baseline,

        @Setting(description = "sum or mean of the log-probability over the latent; default: the preset's") @Nullable
        Reduction logProbability,

        @Setting(
                description = "clip range of the ratio, in units of the chosen log-probability; default: the preset's",
                min = 0)
        @Nullable
        Double clip,

        @Setting(description = "updates on the same samples; default: the preset's", min = 1) @Nullable
        Integer updatesPerRollout,

        @Setting(
                description = "weight of the divergence from the pre-trained model, reward per nat of the chosen"
                        + " log-probability; default: the preset's",
                min = 0)
        @Nullable
        Double kl,

        @Setting(
                description = "group advantages over the deviation of the group or of the batch; default: the preset's")
        @Nullable
        Spread groupDeviation,

        @Setting(
                description = "noisy steps of a window outside of which the sampler is deterministic, 0 for no window;"
                        + " default: the preset's",
                min = 0)
        @Nullable
        Integer windowSize,

        @Setting(description = "rollouts after which the window moves; default: the preset's", min = 1) @Nullable
        Integer windowEvery,

        @Setting(
                description =
                        "steps by which the window moves; less than its size: they overlap; default: the preset's",
                min = 1)
        @Nullable
        Integer windowStride,

        @Setting(description = "once (stays at the end), around or random; default: the preset's") @Nullable
        WindowOrder windowOrder,

        @Setting(description = "fraction of the noisy steps that is trained; default: the preset's", min = 0, max = 1)
        @Nullable
        Double timestepFraction,

        @Setting(description = "random steps, or the first ones next to the noise; default: the preset's") @Nullable
        StepOrder timestepOrder,

        @Setting(description = "weight the trained steps so that they stand for all; default: the preset's") @Nullable
        Boolean timestepRescale,

        @Setting(
                description = "accept a sampler without noise in its last step, and miss what the parameters do there;"
                        + " default: the preset's")
        @Nullable
        Boolean untrainedEnd,

        @Setting(description = "bound of per-prompt and group advantages", defaultValue = "5", min = 0)
        double advantageClip,

        @Setting(description = "rewards remembered for each prompt", defaultValue = "16", min = 1)
        int promptBuffer,

        @Setting(
                description = "remembered rewards from which on a prompt's own statistics are used",
                defaultValue = "16",
                min = 2)
        int promptMinimum,

        @Setting(
                description = "what the value function keeps of its data per rollout, 1 for everything",
                defaultValue = "0.95",
                min = 0,
                max = 1)
        double valueDecay,

        @Setting(description = "ridge penalty of the value function, in samples", defaultValue = "1", min = 1e-9)
        double valueRidge,

        @Setting(
                description =
                        "sampled steps per rollout whose log-probability is computed again to report the mismatch",
                defaultValue = "1",
                min = 0)
        int mismatchCalls) {

    /** How rewards become advantages. */
    enum Baseline {
        /** Rewards as they are. */
        NONE,
        /** Less the mean of the other samples of the batch. */
        LEAVE_ONE_OUT,
        /** Standardised by the running mean and deviation of the sample's prompt. */
        PER_PROMPT,
        /** Less the mean of the samples of the same prompt, over a deviation. */
        GROUP,
        /** Less a value function of state and step that learns from earlier rollouts. */
        VALUE
    }

    /** Sum or mean of the log-probability over the numbers of a latent. */
    enum Reduction {
        SUM,
        MEAN
    }

    /** Whose deviation the advantages of a group are divided by. */
    enum Spread {
        GROUP,
        BATCH
    }

    /** Where a window goes after its last position. */
    enum WindowOrder {
        /** It stays. */
        ONCE,
        /** It starts again. */
        AROUND,
        /** It had no order: positions are drawn. */
        RANDOM
    }

    /** Which of the steps are trained if not all are. */
    enum StepOrder {
        RANDOM,
        /** Those next to the noise. */
        FIRST
    }
}
