package org.plumbline.plugins.estimator.policy.gradient;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Advantages;

/**
 * Policy gradient on the denoising chain (DDPO): every noisy step is an action, its score is weighted by the advantage.
 *
 * <p><b>Estimand.</b> The gradient of E[R] by the score function, sum over k of grad ln p(x_(k+1) | x_k) (R - b). In
 * clip mode the gradient of the clipped surrogate, sum over k of min(A rho_k, A clip(rho_k, 1 - e, 1 + e)), with the
 * ratio rho_k of present to sampling probability per step.
 *
 * <p><b>Bias.</b> None in score-function mode with the summed log-probability, one update per rollout and a baseline that
 * is independent of the sample (none, leave-one-out). Per-prompt standardisation, clipping, several updates per rollout
 * and the mean log-probability (which divides by the size of the latent) each add some.
 *
 * <p><b>Variance.</b> Grows with the number of steps and the size of the latent; no gradient of the reward is used.
 *
 * <p><b>Cost per sample.</b> 2T forward, T backward in score-function mode; one more T forward in clip mode for the
 * ratios after the first update of a rollout. Memory: one network graph and T latents.
 *
 * <p><b>Needs.</b> Noise in the sampler's steps, in the last one too, and vector-Jacobian products. Any reward.
 *
 * <p>Source: Black, Janner, Du, Kostrikov, Levine: Training diffusion models with reinforcement learning. ICLR 2024.
 */
@Plugin(
        id = "policy-gradient",
        description = "DDPO: score-function or clipped policy gradient over the denoising steps",
        configuration = PolicyGradient.Configuration.class)
final class PolicyGradient implements GradientEstimator {
    /** What is differentiated. */
    enum Objective {
        /** The score function, DDPO-SF. */
        SCORE_FUNCTION,
        /** The clipped surrogate of importance ratios, DDPO-IS with PPO's clip. */
        CLIP
    }

    /** How rewards become advantages. */
    enum Baseline {
        NONE,
        /** The mean of the other samples of the batch. */
        LEAVE_ONE_OUT,
        /** Standardised by the running mean and deviation of the sample's prompt. */
        PER_PROMPT
    }

    /** Sum or mean of the log-probability over the numbers of a latent. */
    enum Reduction {
        SUM,
        MEAN
    }

    /**
     * Settings.
     *
     * @param objective what is differentiated
     * @param baseline how rewards become advantages
     * @param logProbability sum or mean over the latent
     * @param clip e, in units of the chosen log-probability
     * @param updatesPerRollout updates on the same samples
     * @param advantageClip bound of standardised advantages
     * @param promptBuffer how many rewards are remembered for each prompt
     * @param promptMinimum from how many remembered rewards on a prompt's own statistics are used
     */
    record Configuration(
            @Setting(description = "score-function or clip", defaultValue = "score-function")
            Objective objective,

            @Setting(description = "none, leave-one-out or per-prompt", defaultValue = "leave-one-out")
            Baseline baseline,

            @Setting(description = "sum or mean of the log-probability over the latent", defaultValue = "sum")
            Reduction logProbability,

            @Setting(
                    description = "clip range of the ratio, in units of the chosen log-probability",
                    defaultValue = "0.2",
                    min = 0)
            double clip,

            @Setting(description = "updates on the same samples", defaultValue = "1", min = 1)
            int updatesPerRollout,

            @Setting(description = "bound of per-prompt advantages", defaultValue = "5", min = 0)
            double advantageClip,

            @Setting(description = "rewards remembered for each prompt", defaultValue = "16", min = 1)
            int promptBuffer,

            @Setting(
                    description = "remembered rewards from which on a prompt's own statistics are used",
                    defaultValue = "16",
                    min = 2)
            int promptMinimum) {}

    /** Outside of these bounds a clip range, in nats of the whole latent, does nothing or stops everything. */
    private static final double LEAST_CLIP = 0.01;

    private static final double LARGEST_CLIP = 10;

    private final Configuration configuration;
    private final PromptStatistics statistics;

    @Inject
    PolicyGradient(Configuration configuration) {
        this.configuration = configuration;
        this.statistics = new PromptStatistics(
                configuration.promptBuffer(), configuration.promptMinimum(), configuration.advantageClip());
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (configuration.objective() == Objective.SCORE_FUNCTION
                && configuration.baseline() != Baseline.PER_PROMPT
                && configuration.logProbability() == Reduction.SUM
                && configuration.updatesPerRollout() == 1) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public int updatesPerRollout() {
        return configuration.updatesPerRollout();
    }

    @Override
    public void check(ChainProfile profile) {
        SamplerProgram program = profile.program();
        if (!program.stochastic(program.size() - 1)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'policy-gradient' with a sampler whose last step has no noise (" + program.name()
                            + "): what the parameters do there would be missed")
                    .remedy("set the sampler's eta above 0 and set-alpha-to-one: false")
                    .build();
        }
        if (configuration.baseline() == Baseline.LEAVE_ONE_OUT && profile.rows() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'policy-gradient' with baseline: leave-one-out and a batch of " + profile.rows())
                    .remedy("use a batch of at least 2, or baseline: none")
                    .build();
        }
        double nats =
                configuration.clip() * (configuration.logProbability() == Reduction.MEAN ? profile.latentSize() : 1);
        if (configuration.objective() == Objective.CLIP && (nats < LEAST_CLIP || nats > LARGEST_CLIP)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'policy-gradient' with clip: " + configuration.clip() + " and log-probability: "
                            + configuration.logProbability().name().toLowerCase(java.util.Locale.ROOT) + ", which is "
                            + nats + " nats over a latent of " + profile.latentSize() + " numbers")
                    .available(LEAST_CLIP + " to " + LARGEST_CLIP + " nats")
                    .remedy("use clip: 0.2 with log-probability: sum, or clip: " + 1.6 / profile.latentSize()
                            + " with mean")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        double[] rewards = chain.rewards(sampled);
        double[] advantages = advantages(chain, rewards);
        return configuration.objective() == Objective.SCORE_FUNCTION
                ? scoreFunction(chain, sampled, rewards, advantages)
                : clipped(chain, sampled, rewards, advantages);
    }

    private GradientEstimate scoreFunction(Chain chain, Trajectory sampled, double[] rewards, double[] advantages) {
        SamplerProgram program = chain.program();
        double[] weights = scaled(advantages, 1 / reduction(chain));
        SweepPlan plan = SweepPlan.of(program);
        for (int k = 0; k < program.size(); k++) {
            if (program.stochastic(k)) {
                plan = plan.cut(k, weights);
            }
        }
        return GradientEstimate.of(chain.sweep(sampled, plan), rewards);
    }

    private GradientEstimate clipped(Chain chain, Trajectory sampled, double[] rewards, double[] advantages) {
        SamplerProgram program = chain.program();
        double divisor = reduction(chain);
        SweepPlan plan = SweepPlan.of(program);
        int outside = 0;
        int ratios = 0;
        double divergence = 0;
        for (int k = 0; k < program.size(); k++) {
            if (!program.stochastic(k)) {
                continue;
            }
            StepScore score = chain.score(sampled, k);
            double[] weights = new double[chain.rows()];
            for (int i = 0; i < weights.length; i++) {
                double logRatio = score.logRatio()[i] / divisor;
                double ratio = Math.exp(logRatio);
                boolean inside =
                        advantages[i] >= 0 ? ratio <= 1 + configuration.clip() : ratio >= 1 - configuration.clip();
                weights[i] = inside ? advantages[i] * ratio / divisor : 0;
                outside += Math.abs(ratio - 1) > configuration.clip() ? 1 : 0;
                divergence += ratio - 1 - logRatio;
                ratios++;
            }
            plan = plan.cut(k, weights, score.residual());
        }
        return GradientEstimate.of(chain.sweep(sampled, plan), rewards)
                .with("clip-fraction", (double) outside / ratios)
                .with("approximate-kl", divergence / ratios);
    }

    private double[] advantages(Chain chain, double[] rewards) {
        return switch (configuration.baseline()) {
            case NONE -> rewards;
            case LEAVE_ONE_OUT -> Advantages.leaveOneOut(rewards);
            case PER_PROMPT -> {
                // On later updates of a rollout its rewards are already remembered.
                boolean fresh = chain.update() % configuration.updatesPerRollout() == 0;
                yield statistics.advantages(chain.prompts(), rewards, fresh);
            }
        };
    }

    private double reduction(Chain chain) {
        if (configuration.logProbability() == Reduction.SUM) {
            return 1;
        }
        long[] shape = chain.behaviour().initial().shape();
        double size = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            size *= (double) shape[axis];
        }
        return size;
    }

    private static double[] scaled(double[] values, double factor) {
        double[] result = values.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] *= factor;
        }
        return result;
    }

    @Override
    public Map<String, double[]> memory() {
        return statistics.memory();
    }

    @Override
    public void recall(Map<String, double[]> memory) {
        statistics.recall(memory);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "black2024ddpo",
                "Black, K., Janner, M., Du, Y., Kostrikov, I., Levine, S.",
                "Training diffusion models with reinforcement learning",
                2024,
                "ICLR"));
    }
}
