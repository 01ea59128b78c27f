package org.plumbline.spi.estimator;

import java.util.Map;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citable;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A way to estimate the gradient of the expected reward. Used by one thread; what it must remember between updates it
 * gives out by {@link #memory} and takes back by {@link #recall}, so that a run can be resumed or moved.
 */
@ConsumerType
public interface GradientEstimator extends Citable, AutoCloseable {
    /** What it needs and promises in its present configuration. */
    Set<EstimatorTrait> traits();

    /**
     * Refuses what it cannot do, before the first step. Needs that {@link #traits} states are checked by the host.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} or {@link StandardError#INCOMPATIBLE}
     */
    default void check(ChainProfile profile) {}

    /**
     * The sampler program it differentiates: by default the one of the study. An estimator that is defined on a sampler
     * of its own returns that; its bias is then measured against the exact gradient of its own sampler.
     */
    default SamplerProgram program(ChainProfile profile) {
        return profile.program();
    }

    /**
     * The sampler program of one rollout, for estimators whose sampler changes as the run goes on, such as a window of
     * noisy steps that moves. It has as many calls as the {@link #program(ChainProfile) first one}.
     *
     * @param profile of the study, as in {@link #program(ChainProfile)}
     * @param rollout number of the rollout, from 0
     */
    default SamplerProgram program(ChainProfile profile, long rollout) {
        return program(profile);
    }

    /**
     * How many updates follow one rollout. During them {@link Chain#behaviour} stays the same while the parameters
     * move.
     */
    default int updatesPerRollout() {
        return 1;
    }

    /**
     * Estimates the gradient at the chain's parameters.
     *
     * @param chain bound to parameters, prompts and noise of this update; not kept after the call
     */
    GradientEstimate estimate(Chain chain);

    /** What it must remember between updates. */
    default Map<String, double[]> memory() {
        return Map.of();
    }

    /** Takes back what {@link #memory} gave. */
    default void recall(Map<String, double[]> memory) {}

    @Override
    default void close() {}
}
