package org.plumbline.plugins.estimator.policy.gradient;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Trajectory;

/**
 * Running rewards of every prompt, and advantages standardised by them: (R - mean) / (deviation + 1e-6), kept within a
 * bound. A prompt with too few remembered rewards is standardised by the present batch.
 */
final class PromptStatistics implements AdvantageSource {
    private static final double LEAST_DEVIATION = 1e-6;

    private final int capacity;
    private final int minimum;
    private final double bound;
    private final Map<String, Deque<Double>> remembered = new HashMap<>();

    PromptStatistics(int capacity, int minimum, double bound) {
        this.capacity = capacity;
        this.minimum = minimum;
        this.bound = bound;
    }

    @Override
    public OfCall advantages(Chain chain, Trajectory sampled, double[] rewards, boolean fresh) {
        double[] advantages = advantages(chain.prompts(), rewards, fresh);
        return k -> advantages;
    }

    /**
     * @param fresh whether these rewards are new and are to be remembered
     */
    double[] advantages(List<String> prompts, double[] rewards, boolean fresh) {
        if (fresh) {
            for (int i = 0; i < rewards.length; i++) {
                Deque<Double> own = remembered.computeIfAbsent(prompts.get(i), prompt -> new ArrayDeque<>());
                if (own.size() == capacity) {
                    own.removeFirst();
                }
                own.addLast(rewards[i]);
            }
        }
        double[] advantages = new double[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            Deque<Double> own = remembered.getOrDefault(prompts.get(i), new ArrayDeque<>());
            double[] reference = own.size() >= minimum
                    ? own.stream().mapToDouble(Double::doubleValue).toArray()
                    : rewards;
            double mean = Arrays.stream(reference).average().orElse(0);
            double variance = Arrays.stream(reference)
                    .map(reward -> (reward - mean) * (reward - mean))
                    .average()
                    .orElse(0);
            double standardised = (rewards[i] - mean) / (Math.sqrt(variance) + LEAST_DEVIATION);
            advantages[i] = Math.max(-bound, Math.min(bound, standardised));
        }
        return advantages;
    }

    @Override
    public Map<String, double[]> memory() {
        Map<String, double[]> memory = new HashMap<>();
        remembered.forEach((prompt, own) ->
                memory.put(prompt, own.stream().mapToDouble(Double::doubleValue).toArray()));
        return memory;
    }

    @Override
    public void recall(Map<String, double[]> memory) {
        remembered.clear();
        memory.forEach((prompt, rewards) -> {
            Deque<Double> own = new ArrayDeque<>();
            Arrays.stream(rewards).forEach(own::addLast);
            remembered.put(prompt, own);
        });
    }
}
