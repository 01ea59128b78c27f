package org.plumbline.toolkit.schedule;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The variance preserving schedule whose alpha is a cosine, for models of continuous time: log alpha = log cos((t + s) / (1
 * + s) pi / 2) - log cos(s / (1 + s) pi / 2).
 *
 * <p>At t = 1 alpha would be 0. From t = 0.9946 on log alpha is continued by its tangent, so that it stays finite and
 * invertible; solvers begin there or shortly after, and networks are hardly trained beyond.
 *
 * <p>Source: Nichol and Dhariwal: Improved denoising diffusion probabilistic models. ICML 2021; the end of the time is that
 * of Lu et al.: DPM-Solver. NeurIPS 2022.
 *
 * @param offset s, above 0
 * @param trainSteps N, which only scales the time labels
 */
public record CosineSchedule(double offset, int trainSteps) implements NoiseSchedule {
    private static final double END = 0.9946;

    public CosineSchedule {
        if (!(offset > 0) || trainSteps < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a cosine noise schedule with offset " + offset + " and " + trainSteps + " training steps")
                    .available("an offset above 0 and at least 2 training steps")
                    .build();
        }
    }

    /** The usual offset of 0.008. */
    public static CosineSchedule standard() {
        return new CosineSchedule(0.008, 1000);
    }

    @Override
    public double alphaBar(int n) {
        return Math.exp(2 * logAlpha((n + 1.0) / trainSteps));
    }

    @Override
    public double logAlpha(double t) {
        return t <= END ? cosine(t) : cosine(END) + (t - END) * slope(END);
    }

    @Override
    public double timeOfLogAlpha(double logAlpha) {
        double end = cosine(END);
        if (logAlpha < end) {
            return END + (logAlpha - end) / slope(END);
        }
        double angle = Math.acos(Math.exp(logAlpha + Math.log(Math.cos(angle(0)))));
        return angle * (1 + offset) * 2 / Math.PI - offset;
    }

    private double cosine(double t) {
        return Math.log(Math.cos(angle(t))) - Math.log(Math.cos(angle(0)));
    }

    private double slope(double t) {
        return -Math.tan(angle(t)) * Math.PI / 2 / (1 + offset);
    }

    private double angle(double t) {
        return (t + offset) / (1 + offset) * Math.PI / 2;
    }

    @Override
    public boolean variancePreserving() {
        return true;
    }
}
