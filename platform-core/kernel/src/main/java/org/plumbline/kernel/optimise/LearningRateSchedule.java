package org.plumbline.kernel.optimise;

/**
 * The learning rate over a run: a linear warm-up, then half a cosine down to a floor.
 *
 * @param peak rate at the end of the warm-up
 * @param warmUp number of updates over which it rises, at least 0
 * @param updates number of updates of the whole run
 * @param floor the final rate as a fraction of the peak, in [0, 1]; 1 for a constant rate after the warm-up
 */
public record LearningRateSchedule(double peak, int warmUp, int updates, double floor) {
    /** A rate that does not change. */
    public static LearningRateSchedule constant(double rate) {
        return new LearningRateSchedule(rate, 0, 1, 1);
    }

    /** The rate of update n, counted from 0. */
    public double rate(long n) {
        if (n < warmUp) {
            return peak * (double) (n + 1) / warmUp;
        }
        double progress = Math.min(1, (double) (n - warmUp) / (double) Math.max(1, updates - warmUp));
        return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
}
