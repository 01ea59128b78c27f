package org.plumbline.toolkit.schedule;

import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The variance preserving SDE with a linear beta(t) = beta_0 + t (beta_1 - beta_0), for models of continuous time:
 * log alpha = - t^2 (beta_1 - beta_0) / 4 - t beta_0 / 2. The discrete schedule of betas from beta_0 / N to beta_1 / N is
 * its approximation.
 *
 * <p>Source: Song et al.: Score-based generative modeling through stochastic differential equations. ICLR 2021.
 *
 * @param first beta_0, above 0
 * @param last beta_1, above beta_0
 * @param trainSteps N, which only scales the time labels
 */
public record LinearSchedule(double first, double last, int trainSteps) implements NoiseSchedule {
    public LinearSchedule {
        ContinuousTime.check("linear", first, last, trainSteps);
    }

    /** beta from 0.1 to 20, the usual choice. */
    public static LinearSchedule standard() {
        return new LinearSchedule(0.1, 20, 1000);
    }

    @Override
    public double alphaBar(int n) {
        return Math.exp(2 * logAlpha((n + 1.0) / trainSteps));
    }

    @Override
    public double logAlpha(double t) {
        return -t * (t * (last - first) / 4 + first / 2);
    }

    /** The positive root of the quadratic, without cancellation. */
    @Override
    public double timeOfLogAlpha(double logAlpha) {
        return -4 * logAlpha / (first + Math.sqrt(first * first - 4 * (last - first) * logAlpha));
    }

    @Override
    public boolean variancePreserving() {
        return true;
    }
}
