package org.plumbline.plugins.estimator.policy.gradient;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Spread;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Trajectory;

/**
 * Advantages relative to the samples of the same prompt (GRPO): (R - mean of the group) / (deviation + 1e-4), within a
 * bound. The deviation is that of the group, or that of the whole batch, which does not blow up small differences.
 *
 * <p>Source: Shao et al.: DeepSeekMath: pushing the limits of mathematical reasoning in open language models. 2024.
 */
record GroupAdvantages(Spread spread, double bound) implements AdvantageSource {
    private static final double LEAST_DEVIATION = 1e-4;

    @Override
    public OfCall advantages(Chain chain, Trajectory sampled, double[] rewards, boolean fresh) {
        double[] advantages = advantages(chain.prompts(), rewards);
        return k -> advantages;
    }

    /** Refuses prompts with a single sample, whose advantage would always be zero. */
    static void check(List<String> prompts) {
        rows(prompts).forEach((prompt, rows) -> {
            if (rows.size() < 2) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("estimator 'policy-gradient' with baseline: group and a single sample of prompt '"
                                + prompt + "' in a batch")
                        .available("2 and more samples per prompt")
                        .remedy("set samples-per-prompt to the size of a group, and batch to a multiple of it")
                        .build();
            }
        });
    }

    double[] advantages(List<String> prompts, double[] rewards) {
        double ofBatch = deviation(rewards);
        double[] advantages = new double[rewards.length];
        rows(prompts).values().forEach(rows -> {
            double[] own = rows.stream().mapToDouble(row -> rewards[row]).toArray();
            double mean = Arrays.stream(own).average().orElse(0);
            double deviation = (spread == Spread.GROUP ? deviation(own) : ofBatch) + LEAST_DEVIATION;
            for (int row : rows) {
                advantages[row] = Math.max(-bound, Math.min(bound, (rewards[row] - mean) / deviation));
            }
        });
        return advantages;
    }

    private static Map<String, List<Integer>> rows(List<String> prompts) {
        Map<String, List<Integer>> rows = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            rows.computeIfAbsent(prompts.get(i), prompt -> new ArrayList<>()).add(i);
        }
        return rows;
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        return Math.sqrt(Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(0));
    }
}
