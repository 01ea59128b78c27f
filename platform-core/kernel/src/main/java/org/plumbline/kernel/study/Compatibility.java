package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.kernel.safeguard.Anchor;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * Holds what an estimator, or another part of a study, needs against what a chain offers. Every impossible combination is
 * found here, before the first step; whoever wants to know (a study, {@code plumbline doctor}, the published matrix) asks
 * here.
 */
public final class Compatibility {
    private static final String VALUES_ONLY =
            "estimators that work with values only, such as policy-gradient, or spsa where the backend only runs forward";

    private Compatibility() {}

    /**
     * Refuses an estimator that cannot work on a chain, with what would.
     *
     * @param title the estimator in messages
     * @param profile of the chain, with the study's sampler
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE} if a need is absent, or what the estimator itself throws
     */
    public static void check(String title, GradientEstimator estimator, ChainProfile profile) {
        check(title, estimator, profile, Alternatives.UNKNOWN);
    }

    /** As {@link #check(String, GradientEstimator, ChainProfile)}, without throwing. */
    public static Verdict verdict(String title, GradientEstimator estimator, ChainProfile profile) {
        return verdict(title, estimator, profile, Alternatives.UNKNOWN);
    }

    static Verdict verdict(String title, GradientEstimator estimator, ChainProfile profile, Alternatives alternatives) {
        return Verdict.of(
                "works with this backend, this reward and this sampler",
                () -> check(title, estimator, profile, alternatives));
    }

    /** The needs of an estimator that a chain does not meet. */
    public static Set<EstimatorTrait> unmet(GradientEstimator estimator, ChainProfile profile) {
        Set<EstimatorTrait> traits = estimator.traits();
        Set<EstimatorTrait> unmet = EnumSet.noneOf(EstimatorTrait.class);
        if (traits.contains(EstimatorTrait.NEEDS_REWARD_GRADIENT) && !profile.rewardDifferentiable()) {
            unmet.add(EstimatorTrait.NEEDS_REWARD_GRADIENT);
        }
        // The reward is a network as well: without products of that one there is no gradient of the reward either.
        if ((traits.contains(EstimatorTrait.NEEDS_VJP) || traits.contains(EstimatorTrait.NEEDS_REWARD_GRADIENT))
                && !differentiates(profile)) {
            unmet.add(EstimatorTrait.NEEDS_VJP);
        }
        if (traits.contains(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER)
                && sampled(estimator, profile).calls().stream().noneMatch(SamplerCall::stochastic)) {
            unmet.add(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER);
        }
        return unmet;
    }

    static void check(String title, GradientEstimator estimator, ChainProfile profile, Alternatives alternatives) {
        Set<EstimatorTrait> unmet = unmet(estimator, profile);
        if (!unmet.isEmpty()) {
            throw refusal(title, unmet, sampled(estimator, profile), profile, alternatives);
        }
        estimator.check(withProgramOf(estimator, profile));
    }

    private static PlumblineException refusal(
            String title,
            Set<EstimatorTrait> unmet,
            SamplerProgram own,
            ChainProfile profile,
            Alternatives alternatives) {
        List<String> needs = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        if (unmet.contains(EstimatorTrait.NEEDS_REWARD_GRADIENT)) {
            needs.add("the reward's gradient, and this reward is a black box" + reason(profile));
            changes.add("a differentiable reward" + examples(alternatives.rewards()));
        }
        if (unmet.contains(EstimatorTrait.NEEDS_VJP)) {
            needs.add("vector-Jacobian products, and this backend only runs forward");
            changes.add("a backend with capability VJP" + examples(backends(alternatives)));
        }
        if (unmet.contains(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER)) {
            needs.add("noise in the sampler's steps, and " + own.name() + " has none");
            List<String> samplers = alternatives.samplers(profile);
            changes.add(
                    samplers.isEmpty()
                            ? "a sampler with noise, for example by setting its eta above 0"
                            : "a sampler with noise" + examples(samplers));
        }
        List<String> fitting = alternatives.estimators(profile);
        return PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked(title + " needs " + String.join("; it needs ", needs))
                .available(
                        fitting.isEmpty()
                                ? VALUES_ONLY
                                : "with all else as it is, the estimators " + String.join(", ", fitting))
                .remedy("choose one of these, or " + String.join(" and ", changes))
                .build();
    }

    /**
     * Refuses to hold gradients against the truth, which is exact back-propagation, where that is impossible.
     *
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE}
     */
    static void checkMeasurement(ChainProfile profile, Alternatives alternatives) {
        if (hasTruth(profile)) {
            return;
        }
        List<String> missing = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        if (!profile.rewardDifferentiable()) {
            missing.add("a reward that is a black box" + reason(profile));
            changes.add("a differentiable reward" + examples(alternatives.rewards()));
        }
        if (!differentiates(profile)) {
            missing.add("a backend that only runs forward");
            changes.add("a backend with capability VJP" + examples(backends(alternatives)));
        }
        throw PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked("gradients held against the truth, which is computed by exact back-propagation, with "
                        + String.join(" and ", missing))
                .available(
                        "'plumbline train', or gradients: {replicas: 0}, which fine-tune without measuring gradients")
                .remedy("use one of these, or choose " + String.join(" and ", changes))
                .build();
    }

    /**
     * Refuses an anchor that differentiates on a backend that cannot.
     *
     * @param kind as written in the study
     * @see Anchor
     */
    static void checkAnchor(String kind, ChainProfile profile, Alternatives alternatives) {
        if (!differentiates(profile)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("anchor: {kind: " + kind + "} needs vector-Jacobian products, and this backend only runs"
                            + " forward")
                    .available("anchor: {kind: l2}, or none")
                    .remedy("use one of these, or choose a backend with capability VJP"
                            + examples(backends(alternatives)))
                    .build();
        }
    }

    /** True if the exact adjoint can be computed, which is the truth. */
    static boolean hasTruth(ChainProfile profile) {
        return profile.rewardDifferentiable() && differentiates(profile);
    }

    /** What the reward says about being a black box. */
    private static String reason(ChainProfile profile) {
        return profile.whyNoRewardGradient().isEmpty() ? "" : ": " + profile.whyNoRewardGradient();
    }

    /** The profile with the program that the estimator differentiates. */
    static ChainProfile withProgramOf(GradientEstimator estimator, ChainProfile profile) {
        return profile.with(estimator.program(profile));
    }

    /** The estimator's program; the study's where the estimator refuses to make one of it. */
    private static SamplerProgram sampled(GradientEstimator estimator, ChainProfile profile) {
        try {
            return estimator.program(profile);
        } catch (PlumblineException refusal) {
            return profile.program();
        }
    }

    private static boolean differentiates(ChainProfile profile) {
        return profile.capabilities().contains(Capability.VJP);
    }

    private static List<String> backends(Alternatives alternatives) {
        List<String> known = alternatives.backends(Capability.VJP);
        return known.isEmpty() ? List.of("djl-pytorch") : known;
    }

    private static String examples(List<String> known) {
        return known.isEmpty() ? "" : " (" + String.join(", ", known) + ")";
    }
}
