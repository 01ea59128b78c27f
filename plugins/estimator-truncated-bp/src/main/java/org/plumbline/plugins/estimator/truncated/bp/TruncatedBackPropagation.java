package org.plumbline.plugins.estimator.truncated.bp;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
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

/**
 * The chain rule through the last K network calls, the steps before them taken as constant.
 *
 * <p><b>Estimand.</b> With K = T the gradient of E[R], exactly and per sample: the reward's gradient is swept through
 * the whole transposed chain (DRaFT, and the truth against which the other estimators are held). With K &lt; T the sum
 * stops early.
 *
 * <p><b>Bias.</b> Minus the contributions of the dropped calls, E[sum over i &gt; K of (d phi_i / d theta)^T prod over j
 * &lt; i of (d x_(j-1) / d x_j)^T dR/dx_0]; zero for K = T. With a random cutoff, one K per update, the bias is the mean
 * over K.
 *
 * <p><b>Variance.</b> Small, since the reward's gradient is used; it grows with K through the products of Jacobians.
 *
 * <p><b>Cost per sample.</b> T + K forward, K backward, one reward with gradient. Memory: one network graph and T
 * latents, whatever K is, since every step is replayed.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products; any sampler. Training the initial noise needs all
 * calls, since only the first one sees it.
 *
 * <p>Source: Clark, Vicol, Swersky, Fleet: DRaFT. ICLR 2024; Prabhudesai et al.: AlignProp. 2023.
 */
@Plugin(
        id = "truncated-bp",
        description = "back-propagation through the last K calls (DRaFT-K, AlignProp), or all of them",
        configuration = TruncatedBackPropagation.Configuration.class)
final class TruncatedBackPropagation implements GradientEstimator {
    /** How many of the last calls are differentiated. */
    enum Cutoff {
        /** Always {@code steps}. */
        FIXED,
        /** All: full back-propagation. */
        FULL,
        /** Drawn for every update uniformly from 1 to all. */
        UNIFORM,
        /** Drawn for every update from a rounded normal distribution, kept between 1 and all. */
        GAUSSIAN
    }

    /**
     * Settings.
     *
     * @param cutoff how many calls are differentiated
     * @param steps K of a fixed cutoff, mean of a Gaussian one
     * @param deviation standard deviation of a Gaussian cutoff
     */
    record Configuration(
            @Setting(
                    description = "how many of the last calls are differentiated: fixed, full, uniform, gaussian",
                    defaultValue = "fixed")
            Cutoff cutoff,

            @Setting(
                    description = "K of a fixed cutoff, mean of a gaussian one, in network calls",
                    defaultValue = "1",
                    min = 1)
            int steps,

            @Setting(
                    description = "standard deviation of a gaussian cutoff, in network calls",
                    defaultValue = "2",
                    min = 0)
            double deviation) {}

    private final Configuration configuration;

    @Inject
    TruncatedBackPropagation(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (configuration.cutoff() == Cutoff.FULL) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public void check(ChainProfile profile) {
        int calls = profile.program().size();
        boolean counts = configuration.cutoff() == Cutoff.FIXED || configuration.cutoff() == Cutoff.GAUSSIAN;
        if (counts && configuration.steps() > calls) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'truncated-bp' with steps: " + configuration.steps())
                    .available("1 to " + calls + ", the sampler's network calls")
                    .remedy("lower steps, or set cutoff: full")
                    .build();
        }
        boolean all = configuration.cutoff() == Cutoff.FULL
                || (configuration.cutoff() == Cutoff.FIXED && configuration.steps() == calls);
        if (!all && profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'truncated-bp' with a cutoff before the first call and target initial-noise,"
                            + " which no adjoint would reach")
                    .remedy("set cutoff: full, or train weights or the conditioning")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        int calls = chain.program().size();
        int k = differentiated(chain.random("truncated-bp.cutoff"), calls);

        SweepPlan plan = SweepPlan.of(chain.program()).fromReward(chain.rows());
        if (k < calls) {
            plan = plan.stopBefore(calls - k - 1);
        }
        double[] gradient = chain.sweep(sampled, plan);
        return GradientEstimate.of(gradient, chain.rewards(sampled)).with("differentiated-calls", k);
    }

    private int differentiated(RandomGenerator random, int calls) {
        return switch (configuration.cutoff()) {
            case FIXED -> configuration.steps();
            case FULL -> calls;
            case UNIFORM -> random.nextInt(1, calls + 1);
            case GAUSSIAN -> {
                long drawn = Math.round(configuration.steps() + configuration.deviation() * random.nextGaussian());
                yield (int) Math.max(1, Math.min(calls, drawn));
            }
        };
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "clark2024draft",
                        "Clark, K., Vicol, P., Swersky, K., Fleet, D. J.",
                        "Directly fine-tuning diffusion models on differentiable rewards",
                        2024,
                        "ICLR"),
                new Citation(
                        "prabhudesai2023alignprop",
                        "Prabhudesai, M., Goyal, A., Pathak, D., Fragkiadaki, K.",
                        "Aligning text-to-image diffusion models with reward backpropagation",
                        2023,
                        "arXiv 2310.03739"));
    }
}
