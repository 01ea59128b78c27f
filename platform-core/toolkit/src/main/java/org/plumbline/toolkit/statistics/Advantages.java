package org.plumbline.toolkit.statistics;

import java.util.Arrays;

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
}
