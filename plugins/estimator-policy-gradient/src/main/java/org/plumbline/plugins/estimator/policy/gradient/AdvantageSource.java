package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Map;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.toolkit.statistics.Advantages;

/** Where advantages come from: how much better a sample was than expected. */
interface AdvantageSource {
    /** The advantages of one rollout's samples. */
    interface OfCall {
        /** One per row, for the step made by call k. */
        double[] at(int k);
    }

    /**
     * The advantages of an update.
     *
     * @param fresh whether this is the first update on these rewards
     */
    OfCall advantages(Chain chain, Trajectory sampled, double[] rewards, boolean fresh);

    /** Learns from a rollout after its last update. */
    default void learn(Chain chain, Trajectory sampled, double[] rewards) {}

    /** What it remembers, under names of its own. */
    default Map<String, double[]> memory() {
        return Map.of();
    }

    /** Takes back what {@link #memory} gave. */
    default void recall(Map<String, double[]> memory) {}

    /** The source of a method. */
    static AdvantageSource of(Method method, Configuration configuration) {
        return switch (method.baseline()) {
            case NONE -> (chain, sampled, rewards, fresh) -> k -> rewards;
            case LEAVE_ONE_OUT ->
                (chain, sampled, rewards, fresh) -> {
                    double[] advantages = Advantages.leaveOneOut(rewards);
                    return k -> advantages;
                };
            case PER_PROMPT ->
                new PromptStatistics(
                        configuration.promptBuffer(), configuration.promptMinimum(), configuration.advantageClip());
            case GROUP -> new GroupAdvantages(method.spread(), configuration.advantageClip());
            case VALUE -> new ValueFunction(configuration.valueDecay(), configuration.valueRidge());
        };
    }
}
