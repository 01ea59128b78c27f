package org.plumbline.spi.estimator;

import java.util.List;
import java.util.Set;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * What an estimator can know of a chain before it runs.
 *
 * @param program the sampler program of the study
 * @param schedule the model's noise schedule
 * @param rewardDifferentiable whether the reward has a gradient
 * @param whyNoRewardGradient why it has none, as far as the reward says; empty if it has one
 * @param capabilities what the backend can do
 * @param target what is trained
 * @param parameters how many numbers are trained
 * @param rows samples per update
 * @param latentSize numbers per latent
 * @param layout what the trained numbers are: weights by name, or one entry per trained prompt or row of initial noise
 * @param scales the ranges of steps that have prompts of their own; empty if one prompt serves the whole chain
 */
public record ChainProfile(
        SamplerProgram program,
        NoiseSchedule schedule,
        boolean rewardDifferentiable,
        String whyNoRewardGradient,
        Set<Capability> capabilities,
        TrainableTarget target,
        int parameters,
        int rows,
        int latentSize,
        ParameterLayout layout,
        List<PromptScale> scales) {
    public ChainProfile {
        capabilities = Set.copyOf(capabilities);
        scales = List.copyOf(scales);
    }

    /** A chain whose reward does not say why it has no gradient. */
    public ChainProfile(
            SamplerProgram program,
            NoiseSchedule schedule,
            boolean rewardDifferentiable,
            Set<Capability> capabilities,
            TrainableTarget target,
            int parameters,
            int rows,
            int latentSize,
            ParameterLayout layout,
            List<PromptScale> scales) {
        this(
                program,
                schedule,
                rewardDifferentiable,
                "",
                capabilities,
                target,
                parameters,
                rows,
                latentSize,
                layout,
                scales);
    }

    /** The same chain sampled by another program. */
    public ChainProfile with(SamplerProgram other) {
        return new ChainProfile(
                other,
                schedule,
                rewardDifferentiable,
                whyNoRewardGradient,
                capabilities,
                target,
                parameters,
                rows,
                latentSize,
                layout,
                scales);
    }
}
