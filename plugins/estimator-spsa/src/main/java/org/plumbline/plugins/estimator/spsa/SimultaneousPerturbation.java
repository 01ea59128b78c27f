package org.plumbline.plugins.estimator.spsa;

import jakarta.inject.Inject;
import java.util.BitSet;
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
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.toolkit.perturbation.RandomDirections;
import org.plumbline.toolkit.perturbation.ZerothOrder;
import org.plumbline.toolkit.perturbation.ZerothOrder.Difference;
import org.plumbline.toolkit.perturbation.ZerothOrder.Sharing;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Simultaneous perturbation (SPSA), with normal directions an antithetic evolution strategy: theta is moved by s u and -s u
 * on all steps, and the difference of the rewards is the slope along u. It needs nothing but rewards; what an estimator
 * gains from gradients shows beside it.
 *
 * <p><b>Estimand.</b> The gradient of E[R], as (R(theta + s u) - R(theta - s u)) / (2 s) u over q directions with
 * E[u u^T] = I. With normal directions its expectation is exactly the gradient of E[R] smoothed by a normal law of deviation
 * s.
 *
 * <p><b>Bias.</b> O(s^2), for every law of u that is offered; below s = 0.01 it is declared absent. The common random
 * numbers of the pair matter: the samplers' noise cancels in the difference.
 *
 * <p><b>Variance.</b> For one direction (P + 1) |g|^2 with P parameters, (P - 1) |g|^2 with signs, and for directions of
 * rank 1 of an m x n matrix ((m + 2)(n + 2) - 1) |g|^2; divided by q. Directions of samples are averaged by the batch as
 * well, a direction of the batch is not. One-sided: the variance of R times P / s^2.
 *
 * <p><b>Cost per sample.</b> (1 + 2q) T forward and 1 + 2q rewards, one-sided 1 + q; nothing backward. Memory: the latents,
 * and one direction of theta's length, or one per sample.
 *
 * <p><b>Needs.</b> Nothing: any reward, any sampler, forward-only backends; weights, conditioning and initial noise.
 *
 * <p>Sources: Spall: Multivariate stochastic approximation using a simultaneous perturbation gradient approximation. IEEE
 * TAC 37, 1992. Salimans, Ho, Chen, Sidor, Sutskever: Evolution strategies as a scalable alternative to reinforcement
 * learning. arXiv 1703.03864. Low-rank directions: Chen et al.: Enhancing zeroth-order fine-tuning for language models with
 * low-rank structures. arXiv 2410.07698.
 */
@Plugin(
        id = "spsa",
        description = "zeroth order: differences of rewards along random directions of the parameters",
        configuration = SimultaneousPerturbation.Configuration.class)
final class SimultaneousPerturbation implements GradientEstimator {
    /** Up to here the bias of order s^2 is taken for none. */
    private static final double LARGEST_UNBIASED_SCALE = 0.01;

    /**
     * Settings.
     *
     * @param directions q
     * @param scale s
     * @param difference antithetic or one-sided
     * @param directionPer batch or sample
     * @param directionLaw how directions are drawn
     * @param directionRank of low-rank directions
     */
    record Configuration(
            @Setting(description = "directions per update", defaultValue = "1", min = 1)
            int directions,

            @Setting(
                    description = "size of the perturbation, in units of the parameters",
                    defaultValue = "0.001",
                    min = 1e-12)
            double scale,

            @Setting(
                    description = "antithetic, or one-sided against the mean reward of the other samples",
                    defaultValue = "antithetic")
            Difference difference,

            @Setting(
                    description =
                            "batch: all samples share a direction; sample: each has its own and is rolled out alone",
                    defaultValue = "batch")
            Sharing directionPer,

            @Setting(description = "gaussian, rademacher or low-rank", defaultValue = "gaussian")
            RandomDirections.Law directionLaw,

            @Setting(description = "rank of low-rank directions", defaultValue = "1", min = 1)
            int directionRank) {}

    private final Configuration configuration;
    private final ZerothOrder zerothOrder;

    @Inject
    SimultaneousPerturbation(Configuration configuration) {
        this.configuration = configuration;
        this.zerothOrder = new ZerothOrder(
                new RandomDirections(configuration.directionLaw(), configuration.directionRank()),
                configuration.directions(),
                configuration.scale(),
                configuration.difference(),
                configuration.directionPer());
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (configuration.scale() <= LARGEST_UNBIASED_SCALE) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public void check(ChainProfile profile) {
        if (configuration.difference() == Difference.ONE_SIDED && profile.rows() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'spsa' with difference: one-sided, whose baseline is the other samples, and a"
                            + " batch of " + profile.rows())
                    .remedy("use a batch of at least 2, or difference: antithetic")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        double[] rewards = chain.rewards(chain.behaviour());
        BitSet all = new BitSet();
        all.set(0, chain.program().size());
        double[] gradient = zerothOrder.estimate(chain, all, "spsa.direction");
        return GradientEstimate.of(gradient, rewards).with("norm-zo", Vectors.norm(gradient));
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "spall1992spsa",
                        "Spall, J. C.",
                        "Multivariate stochastic approximation using a simultaneous perturbation gradient approximation",
                        1992,
                        "IEEE Transactions on Automatic Control 37"),
                new Citation(
                        "salimans2017es",
                        "Salimans, T., Ho, J., Chen, X., Sidor, S., Sutskever, I.",
                        "Evolution strategies as a scalable alternative to reinforcement learning",
                        2017,
                        "arXiv 1703.03864"));
    }
}
