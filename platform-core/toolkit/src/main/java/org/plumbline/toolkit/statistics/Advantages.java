package org.plumbline.toolkit.statistics;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/** Rewards minus a baseline, per sample. */
public final class Advantages {
    private Advantages() {}

    /**
     * R_i minus the mean of the other rewards: unbiased, since the baseline does not depend on sample i. Equals
     * B / (B - 1) times R_i minus the mean of all.
     *
     * @param rewards at least two
     */
    public static double[] leaveOneOut(double[] rewards) {
        if (rewards.length < 2) {
            throw new IllegalArgumentException("a leave-one-out baseline needs at least two samples");
        }
        double sum = Arrays.stream(rewards).sum();
        double others = rewards.length - 1;
        return Arrays.stream(rewards)
                .map(reward -> reward - (sum - reward) / others)
                .toArray();
    }

    /** R_i minus the mean of all, which shrinks the expected gradient by (B - 1) / B. */
    public static double[] centred(double[] rewards) {
        double mean = Arrays.stream(rewards).average().orElse(0);
        return Arrays.stream(rewards).map(reward -> reward - mean).toArray();
    }

    /**
     * R_i minus the mean of the other rewards of the same prompt: unbiased.
     *
     * @param prompts the prompt of each row, each of at least two rows
     */
    public static double[] leaveOneOutPerPrompt(List<String> prompts, double[] rewards) {
        double[] advantages = new double[rewards.length];
        for (String prompt : new LinkedHashSet<>(prompts)) {
            int[] rows = IntStream.range(0, rewards.length)
                    .filter(row -> prompts.get(row).equals(prompt))
                    .toArray();
            double[] own = leaveOneOut(
                    Arrays.stream(rows).mapToDouble(row -> rewards[row]).toArray());
            for (int i = 0; i < rows.length; i++) {
                advantages[rows[i]] = own[i];
            }
        }
        return advantages;
    }

    /**
     * (R_i - mean) / (deviation + 1e-8) over the batch, as implementations of PPO have it: the expected gradient is divided
     * by the deviation of the rewards.
     */
    public static double[] standardised(double[] rewards) {
        double[] centred = centred(rewards);
        double deviation = Math.sqrt(Vectors.dot(centred, centred) / Math.max(1, rewards.length - 1));
        return Arrays.stream(centred).map(value -> value / (deviation + 1e-8)).toArray();
    }
}
