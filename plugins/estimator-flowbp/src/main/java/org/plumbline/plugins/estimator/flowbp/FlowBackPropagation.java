package org.plumbline.plugins.estimator.flowbp;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.toolkit.reward.RewardShaping;

/**
 * FlowBP: the reward of the real sample is differentiated through a surrogate trajectory of few support points, see
 * {@link SparseSurrogate}, {@link BridgeSurrogate} and {@link LagrangeSurrogate}. The last with {@code order: 1} is
 * LeapAlign.
 *
 * <p><b>Estimand.</b> The gradient of R through the surrogate, its value being that of the sample. Sparse is DRTune with
 * the sample in the place of the prediction, and with calls that are drawn in the place of spaced ones.
 *
 * <p><b>Bias.</b> Jacobian products between steps are dropped, but for one in Bridge and Lagrange, and calls that are not
 * drawn contribute nothing, or by the rescaling of others. Lagrange weighs rows by how well its leaps hit.
 *
 * <p><b>Variance.</b> Small, without long products of Jacobians; the draw of the support points adds to it.
 *
 * <p><b>Cost per sample.</b> T + K forward, K backward, one reward with gradient, K being the calls that are differentiated:
 * {@code steps}, or at most twice {@code active}. Memory: one network graph and T latents, since the points are replayed one
 * by one.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products. Lagrange a sampler with one register.
 *
 * <p>Source: Wang et al.: Exploring the design space of reward backpropagation for flow matching. 2026, arXiv 2606.11075;
 * Liang et al.: LeapAlign. CVPR 2026. The three surrogates, the draws of calls, uniform pairs k &lt; j and the defaults are
 * those of the FlowBP authors' code, there for Euler's sampler of flow matching (defaults: SD3.5; their other models differ
 * and partly place k and j by a Dirichlet draw, which is left out). Ours is their form for other samplers: Sparse and Bridge
 * on the linear path of any program, Lagrange in the coordinate in which a sampler is Euler's method. Under guidance we
 * differentiate both branches of the prediction, like everywhere; the authors hold the branch without prompt.
 */
@Plugin(
        id = "flowbp",
        description = "surrogate trajectories of few support points (FlowBP sparse, bridge, lagrange; LeapAlign)",
        configuration = FlowBackPropagation.Configuration.class)
final class FlowBackPropagation implements GradientEstimator {
    /** How the surrogate is built. */
    enum Variant {
        SPARSE,
        BRIDGE,
        LAGRANGE
    }

    /**
     * Settings.
     *
     * @param variant how the surrogate is built
     * @param sparse settings of that variant
     * @param bridge settings of that variant
     * @param lagrange settings of that variant
     * @param shaping what is done to the reward
     */
    record Configuration(
            @Setting(description = "sparse, bridge or lagrange", defaultValue = "lagrange")
            Variant variant,

            @Setting(description = "settings of variant sparse")
            SparseSurrogate sparse,

            @Setting(description = "settings of variant bridge")
            BridgeSurrogate bridge,

            @Setting(description = "settings of variant lagrange")
            LagrangeSurrogate lagrange,

            @Setting(description = "ceiling and scale of the reward; the authors' code: ceiling 0.55 for HPSv2.1")
            RewardShaping shaping) {
        Surrogate surrogate() {
            return switch (variant) {
                case SPARSE -> sparse;
                case BRIDGE -> bridge;
                case LAGRANGE -> lagrange;
            };
        }
    }

    private final Configuration configuration;

    @Inject
    FlowBackPropagation(Configuration configuration) {
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
                    .asked("estimator 'flowbp' with target initial-noise, which its surrogates hold")
                    .remedy("train weights or the conditioning, or choose truncated-bp with cutoff: full")
                    .build();
        }
        configuration.surrogate().check(profile);
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        chain.rewardGradient(sampled); // evaluates reward and gradient at once; the rewards are then known
        double[] rewards = chain.rewards(sampled);
        Surrogate.Gradient gradient = configuration
                .surrogate()
                .pullBack(chain, sampled, configuration.shaping().weights(rewards), chain.random("flowbp.support"));
        return new GradientEstimate(gradient.values(), rewards, gradient.diagnostics());
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "wang2026flowbp",
                        "Wang, R., Niu, B., Zhou, X., Huang, Y., Liu, T., Zhang, C.",
                        "Exploring the design space of reward backpropagation for flow matching",
                        2026,
                        "arXiv 2606.11075"),
                new Citation(
                        "liang2026leapalign",
                        "Liang, Z., Yang, T., Wu, J., Feng, C., Zheng, L.",
                        "LeapAlign: post-training flow matching models at any generation step by building two-step"
                                + " trajectories",
                        2026,
                        "CVPR"));
    }
}
