package org.plumbline.plugins.estimator.refl;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Judgement;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.toolkit.reward.RewardShaping;

/**
 * Reward feedback learning (ReFL): the chain is left at a random late step s, the denoiser predicts the clean sample from
 * there, and the prediction's reward is differentiated through this one prediction.
 *
 * <p><b>Estimand.</b> E over s of the gradient of E[R(x0hat_s(x_s))] with x_s held, where x0hat = (u - sigma eps) / alpha. The
 * rest of the chain is never sampled, so the rewards of the training curve are those of the predictions. They are blurred
 * where the noise is strong, and a reward model may not know what to make of them.
 *
 * <p><b>Bias.</b> As an estimator of the gradient of E[R]: everything before step s is dropped, and the reward is that of a
 * prediction, not of a sample. A reward ceiling (the published loss is relu(2 - R)) leaves out the samples above it.
 *
 * <p><b>Variance.</b> Small: one Jacobian, and the reward's gradient.
 *
 * <p><b>Cost per sample.</b> T - t forward to reach the step t from the output, then 2 forward, 1 backward, one reward with
 * gradient. Memory: one network graph and the latents so far.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products; a sampler in which the drawn call sees the state
 * register alone. The paper's regulariser, the denoising loss on captioned images, is not part of the estimator: it is the
 * study's {@code anchor: {kind: denoising}}, which every estimator can have and which the published code lacks.
 *
 * <p>Source: Xu et al.: ImageReward. NeurIPS 2023, whose code draws s from the last 10 of 40 steps and weighs the loss with
 * 1e-3.
 */
@Plugin(
        id = "refl",
        description = "reward of the clean sample that is predicted at one random late step (ReFL)",
        configuration = RewardFeedbackLearning.Configuration.class)
final class RewardFeedbackLearning implements GradientEstimator {
    /**
     * Settings.
     *
     * @param from least step of the window, counted from the output
     * @param to largest step of the window
     * @param shaping what is done to the reward
     */
    record Configuration(
            @Setting(
                    description = "least step at which the chain is left, counted from the output",
                    defaultValue = "1",
                    min = 1)
            int from,

            @Setting(description = "largest step at which the chain is left", defaultValue = "10", min = 1)
            int to,

            @Setting(description = "ceiling and scale of the reward; ImageReward's code: ceiling 2, scale 0.001")
            RewardShaping shaping) {
        Configuration {
            if (from > to) {
                throw new IllegalArgumentException("the window from " + from + " to " + to + " is empty");
            }
        }
    }

    private final Configuration configuration;

    @Inject
    RewardFeedbackLearning(Configuration configuration) {
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
        List<SamplerCall> calls = profile.program().calls();
        if (configuration.to() >= calls.size()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'refl' with to: " + configuration.to())
                    .available("1 to " + (calls.size() - 1) + ", since at the first of the sampler's " + calls.size()
                            + " calls there is nothing but noise")
                    .remedy("lower to, or sample with more steps")
                    .build();
        }
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'refl' with target initial-noise, which the held state hides from it")
                    .remedy("train weights or the conditioning, or choose truncated-bp with cutoff: full")
                    .build();
        }
        for (int t = configuration.from(); t <= configuration.to(); t++) {
            if (!calls.get(calls.size() - t).readsStateOnly()) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("estimator 'refl' with " + profile.program().name() + ", whose call " + t
                                + " from the output mixes earlier outputs into the network's input")
                        .remedy("choose a sampler without such memory, for example ddim")
                        .build();
            }
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        int calls = chain.program().size();
        int t = chain.random("refl.step").nextInt(configuration.from(), configuration.to() + 1);
        int s = calls - t;
        SamplerCall call = chain.program().calls().get(s);
        TensorArena arena = chain.arena();
        Denoiser denoiser = chain.denoiser();

        Tensor state = chain.beginning(s).state(s);
        Tensor u = arena.combine(new double[] {call.stateScale()}, List.of(state));
        Tensor predicted = denoiser.predict(arena, u, call.at(), PredictionType.SAMPLE);
        Judgement judgement = chain.judge(predicted, chain.prompts());

        double[] weights = configuration.shaping().weights(judgement.rewards());
        Tensor ofMean = arena.scaleRows(weights, judgement.gradient());
        Denoiser.GradientSink sink = denoiser.sink();
        denoiser.collect(arena, u, call.at(), PredictionType.SAMPLE, ofMean, sink, 1.0 / chain.rows());
        return GradientEstimate.of(sink.gradient(), judgement.rewards()).with("step", t);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "xu2023imagereward",
                "Xu, J., Liu, X., Wu, Y., Tong, Y., Li, Q., Ding, M., Tang, J., Dong, Y.",
                "ImageReward: learning and evaluating human preferences for text-to-image generation",
                2023,
                "NeurIPS"));
    }
}
