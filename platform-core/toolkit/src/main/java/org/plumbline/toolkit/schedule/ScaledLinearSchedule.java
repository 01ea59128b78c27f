package org.plumbline.toolkit.schedule;

import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The variance preserving SDE in which the square root of beta is linear, from sqrt(beta_0) to sqrt(beta_1), for models of
 * continuous time: with a = sqrt(beta_0) and c = sqrt(beta_1) - a, log alpha = - ((a + c t)^3 - a^3) / (6 c). The discrete
 * schedule of latent diffusion models is close to it; for their checkpoints the {@link DiscreteNoiseSchedule} is exact.
 *
 * @param first beta_0, above 0
 * @param last beta_1, above beta_0
 * @param trainSteps N, which only scales the time labels
 */
public record ScaledLinearSchedule(double first, double last, int trainSteps) implements NoiseSchedule {
    public ScaledLinearSchedule {
        ContinuousTime.check("scaled linear", first, last, trainSteps);
    }

    /** beta from 0.85 to 12, as in latent diffusion models. */
    public static ScaledLinearSchedule standard() {
        return new ScaledLinearSchedule(0.85, 12, 1000);
    }

    @Override
    public double alphaBar(int n) {
        return Math.exp(2 * logAlpha((n + 1.0) / trainSteps));
    }

    /** The difference of the cubes, divided by c t, is written out: nothing cancels near t = 0. */
    @Override
    public double logAlpha(double t) {
        double a = Math.sqrt(first);
        double b = a + (Math.sqrt(last) - a) * t;
        return -t * (a * a + a * b + b * b) / 6;
    }

    @Override
    public double timeOfLogAlpha(double logAlpha) {
        double a = Math.sqrt(first);
        double c = Math.sqrt(last) - a;
        double b = Math.cbrt(a * a * a - 6 * c * logAlpha);
        // (b - a) / c, with b^3 - a^3 = -6 c log alpha.
        return -6 * logAlpha / (b * b + a * b + a * a);
    }

    @Override
    public boolean variancePreserving() {
        return true;
    }
}
