package org.plumbline.kernel.study;

import java.util.Set;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerCall;

/** Holds what an estimator needs against what a chain offers. */
public final class Compatibility {
    private Compatibility() {}

    /**
     * Refuses an estimator that cannot work on a chain, with what would.
     *
     * @param title the estimator in messages
     * @param profile of the chain, with the study's sampler
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE} if a need is absent, or what the estimator itself throws
     */
    public static void check(String title, GradientEstimator estimator, ChainProfile profile) {
        Set<EstimatorTrait> traits = estimator.traits();
        if (traits.contains(EstimatorTrait.NEEDS_REWARD_GRADIENT) && !profile.rewardDifferentiable()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked(title + " needs the reward's gradient, and this reward is a black box"
                            + (profile.whyNoRewardGradient().isEmpty() ? "" : ": " + profile.whyNoRewardGradient()))
                    .available("estimators that work with values only, such as policy-gradient")
                    .remedy("choose another estimator or a differentiable reward")
                    .build();
        }
        if (traits.contains(EstimatorTrait.NEEDS_VJP) && !profile.capabilities().contains(Capability.VJP)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked(title + " needs vector-Jacobian products, and this backend only runs forward")
                    .remedy("choose a backend with capability VJP, such as djl-pytorch")
                    .build();
        }
        ChainProfile own = withProgramOf(estimator, profile);
        if (traits.contains(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER)
                && own.program().calls().stream().noneMatch(SamplerCall::stochastic)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked(title + " needs noise in the sampler's steps, and "
                            + own.program().name() + " has none")
                    .remedy("set the sampler's eta above 0, for example eta: 1")
                    .build();
        }
        estimator.check(own);
    }

    /** The profile with the program that the estimator differentiates. */
    static ChainProfile withProgramOf(GradientEstimator estimator, ChainProfile profile) {
        return profile.with(estimator.program(profile));
    }
}
