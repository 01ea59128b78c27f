package org.plumbline.plugins.estimator.policy.gradient;

import org.plumbline.plugins.estimator.policy.gradient.Configuration.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Reduction;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Spread;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.StepOrder;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.WindowOrder;

/** Methods of the literature as settings. */
enum Preset {
    /** The plain score function; unbiased. DDPO-SF with a baseline of the batch. */
    REINFORCE(
            new Method.Surrogate(Objective.SCORE_FUNCTION, Reduction.SUM, 0.2, 0, 1),
            Baseline.LEAVE_ONE_OUT,
            Spread.BATCH,
            Method.Window.NONE,
            Method.Steps.ALL),

    /** DDPO-IS. With sampler ddim, eta 1. */
    DDPO(
            new Method.Surrogate(Objective.CLIP, Reduction.MEAN, 1e-4, 0, 1),
            Baseline.PER_PROMPT,
            Spread.BATCH,
            Method.Window.NONE,
            Method.Steps.ALL),

    /** DPOK. Its authors weigh the divergence by 0.01 against 100 times the reward. With sampler ddim, eta 1. */
    DPOK(
            new Method.Surrogate(Objective.CLAMP, Reduction.MEAN, 1e-4, 1e-4, 5),
            Baseline.VALUE,
            Spread.BATCH,
            Method.Window.NONE,
            Method.Steps.ALL),

    /** Flow-GRPO. With sampler flow-matching, noise flow-grpo, and 24 samples per prompt. */
    FLOW_GRPO(
            new Method.Surrogate(Objective.CLIP, Reduction.MEAN, 1e-4, 0.04, 1),
            Baseline.GROUP,
            Spread.BATCH,
            Method.Window.NONE,
            new Method.Steps(0.99, StepOrder.FIRST, false, false)),

    /** Flow-GRPO's fast variant. With sampler flow-matching, noise cps at level 0.8. */
    FLOW_GRPO_FAST(
            new Method.Surrogate(Objective.CLIP, Reduction.MEAN, 1e-5, 0, 1),
            Baseline.GROUP,
            Spread.BATCH,
            new Method.Window(3, 1, 1, WindowOrder.RANDOM),
            Method.Steps.ALL),

    /** DanceGRPO. With sampler flow-matching, noise dance-grpo, 12 samples per prompt from one initial noise. */
    DANCE_GRPO(
            new Method.Surrogate(Objective.CLIP, Reduction.MEAN, 1e-4, 0, 1),
            Baseline.GROUP,
            Spread.GROUP,
            Method.Window.NONE,
            new Method.Steps(0.6, StepOrder.RANDOM, false, true)),

    /** MixGRPO. With sampler flow-matching, noise dance-grpo at level 0.7. */
    MIX_GRPO(
            new Method.Surrogate(Objective.CLIP, Reduction.MEAN, 1e-4, 0, 1),
            Baseline.GROUP,
            Spread.GROUP,
            new Method.Window(4, 25, 1, WindowOrder.ONCE),
            Method.Steps.ALL);

    private final Method method;

    Preset(Method.Surrogate surrogate, Baseline baseline, Spread spread, Method.Window window, Method.Steps steps) {
        this.method = new Method(surrogate, baseline, spread, window, steps);
    }

    Method method() {
        return method;
    }
}
