package org.plumbline.plugins.estimator.draft.lv;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * DRaFT-LV: the chain rule through the last call only, averaged over the sample and n copies of it. With alpha and sigma of
 * the last call, a copy is the finished sample noised again, x_1' = alpha stop-gradient(x_0) + sigma e with e ~ N(0, I),
 * and denoised by the last call.
 *
 * <p><b>Estimand.</b> The mean of the n + 1 gradients of R(step_1(x_1)) with x_1 held.
 *
 * <p><b>Bias.</b> That of DRaFT-1, everything before the last call is dropped; and a copy's x_1' has not quite the
 * distribution of the sampler's x_1.
 *
 * <p><b>Variance.</b> Falls with n, in the part that belongs to the last step's noise; the part that belongs to the sample
 * stays. Less than DRaFT-1's where the copies resemble the sampler's x_1, as at the small noise of a real last step.
 *
 * <p><b>Cost per sample.</b> T + 1 + 2n forward, 1 + n backward, 1 + n rewards with gradient. Memory: one network graph and
 * T latents.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products; a sampler whose last call sees the state register
 * alone. What other registers hold stays that of the sample, and so does the step noise of the last call.
 *
 * <p>Source: Clark, Vicol, Swersky, Fleet: DRaFT. ICLR 2024, who use n = 2.
 */
@Plugin(
        id = "draft-lv",
        description = "back-propagation through the last call, for the sample and copies that are noised again",
        configuration = DraftLowVariance.Configuration.class)
final class DraftLowVariance implements GradientEstimator {
    /**
     * Settings.
     *
     * @param copies n
     */
    record Configuration(
            @Setting(description = "how often the sample is noised again, n", defaultValue = "2", min = 1)
            int copies) {}

    private final Configuration configuration;

    @Inject
    DraftLowVariance(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
    }

    @Override
    public void check(ChainProfile profile) {
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'draft-lv' with target initial-noise, which the last call does not see")
                    .remedy("train weights or the conditioning, or choose truncated-bp with cutoff: full")
                    .build();
        }
        SamplerCall last = last(profile.program().calls());
        if (!last.readsStateOnly()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'draft-lv' with " + profile.program().name()
                            + ", whose last call mixes earlier outputs into the network's input")
                    .remedy("choose a sampler without such memory, for example ddim, or truncated-bp with steps: 1")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        int calls = chain.program().size();
        int copies = configuration.copies();
        double[] share = new double[chain.rows()];
        Arrays.fill(share, 1.0 / (1 + copies));
        SweepPlan lastCall = SweepPlan.of(chain.program()).fromReward(share);
        if (calls > 1) {
            lastCall = lastCall.stopBefore(calls - 2);
        }

        Trajectory sampled = chain.behaviour();
        double[] gradient = chain.sweep(sampled, lastCall);
        double meanReward = 0;
        for (int copy = 0; copy < copies; copy++) {
            Trajectory again = chain.branch(calls - 1, noisedAgain(chain, sampled.output(), copy));
            Vectors.addTo(gradient, 1, chain.sweep(again, lastCall));
            meanReward += Arrays.stream(chain.rewards(again)).average().orElse(0) / copies;
        }
        return GradientEstimate.of(gradient, chain.rewards(sampled)).with("reward-of-copies", meanReward);
    }

    /** The state whose network input is alpha x_0 + sigma e. */
    private static Tensor noisedAgain(Chain chain, Tensor sample, int copy) {
        SamplerCall last = last(chain.program().calls());
        RandomGenerator random = chain.random("draft-lv.noise." + copy);
        double[] noise = new double[chain.rows() * chain.profile().latentSize()];
        Arrays.setAll(noise, i -> random.nextGaussian());
        Tensor e = chain.arena().tensor(noise, sample.shape());
        double scale = last.stateScale();
        return chain.arena()
                .combine(new double[] {last.at().alpha() / scale, last.at().sigma() / scale}, List.of(sample, e));
    }

    private static SamplerCall last(List<SamplerCall> calls) {
        return calls.get(calls.size() - 1);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "clark2024draft",
                "Clark, K., Vicol, P., Swersky, K., Fleet, D. J.",
                "Directly fine-tuning diffusion models on differentiable rewards",
                2024,
                "ICLR"));
    }
}
