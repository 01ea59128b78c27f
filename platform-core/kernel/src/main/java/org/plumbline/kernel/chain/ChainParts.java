package org.plumbline.kernel.chain;

import java.util.List;
import java.util.stream.Collectors;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;

/**
 * What a chain is made of.
 *
 * @param model the pre-trained model
 * @param target what is trained
 * @param guidance classifier-free guidance
 * @param rewards what is maximised: their weighted sum
 * @param prompts the distinct prompts of the run; a trained conditioning holds one encoded prompt for each
 * @param rows samples per update
 * @param recording how much of a trajectory is kept for its backward sweep
 * @param schedule prompts that change along the chain
 */
public record ChainParts(
        DiffusionModel model,
        TrainableTarget target,
        Guidance guidance,
        List<RewardTerm> rewards,
        List<String> prompts,
        int rows,
        RecordingPolicy recording,
        PromptSchedule schedule) {
    public ChainParts {
        rewards = List.copyOf(rewards);
        prompts = List.copyOf(prompts);
    }

    /** A chain with one reward and one prompt per sample, of which everything is recorded. */
    public ChainParts(
            DiffusionModel model,
            TrainableTarget target,
            double guidance,
            RewardModel reward,
            List<String> prompts,
            int rows) {
        this(
                model,
                target,
                Guidance.of(guidance),
                List.of(new RewardTerm(reward, 1)),
                prompts,
                rows,
                RecordingPolicy.FULL,
                PromptSchedule.none());
    }

    /** The same chain with other guidance. */
    public ChainParts with(Guidance other) {
        return new ChainParts(model, target, other, rewards, prompts, rows, recording, schedule);
    }

    /** The same chain with another recording policy. */
    public ChainParts with(RecordingPolicy other) {
        return new ChainParts(model, target, guidance, rewards, prompts, rows, other, schedule);
    }

    /** The same chain with prompts that change along it. */
    public ChainParts with(PromptSchedule other) {
        return new ChainParts(model, target, guidance, rewards, prompts, rows, recording, other);
    }

    /** True if every reward has a gradient. */
    boolean differentiable() {
        return rewards.stream().allMatch(term -> term.reward() instanceof DifferentiableRewardModel);
    }

    /** What the rewards without gradient say about that. */
    String whyNotDifferentiable() {
        return rewards.stream()
                .map(RewardTerm::reward)
                .filter(BlackBoxRewardModel.class::isInstance)
                .map(reward -> ((BlackBoxRewardModel) reward).whyNoGradient())
                .filter(why -> !why.isEmpty())
                .collect(Collectors.joining("; "));
    }
}
