package org.plumbline.spi.sampler;

/**
 * Where a network is evaluated.
 *
 * @param label time label the network expects, usually a training step; a real number
 * @param alpha signal rate of the input u = alpha x0 + sigma eps
 * @param sigma noise rate of the input
 */
public record TimePoint(double label, double alpha, double sigma) {
    /** The time point of a training step. */
    public static TimePoint ofStep(NoiseSchedule schedule, int step) {
        double alpha = Math.sqrt(schedule.alphaBar(step));
        return new TimePoint(schedule.labelOfStep(step), alpha, schedule.sigmaOfAlpha(alpha));
    }

    /** The time point of a continuous time in (0, 1]. */
    public static TimePoint ofTime(NoiseSchedule schedule, double t) {
        double alpha = Math.exp(schedule.logAlpha(t));
        return new TimePoint(schedule.label(t), alpha, schedule.sigmaOfAlpha(alpha));
    }
}
