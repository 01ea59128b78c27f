package org.plumbline.spi.sampler;

import org.osgi.annotation.versioning.ProviderType;

/**
 * How much signal and noise a latent holds at a time: x_t = alpha x_0 + sigma eps. Immutable.
 *
 * <p>Discrete training steps n = 0 .. N-1 lie at continuous times t_n = (n + 1) / N in (0, 1]; between them log alpha is
 * continued, so that solvers may evaluate anywhere.
 */
@ProviderType
public interface NoiseSchedule {
    /** N, the number of training steps. */
    int trainSteps();

    /** abar_n = alpha^2 at training step n in [0, N). */
    double alphaBar(int n);

    /** log alpha at continuous time t, up to t = 1. */
    double logAlpha(double t);

    /** The continuous time with this log alpha; the inverse of {@link #logAlpha}. */
    double timeOfLogAlpha(double logAlpha);

    /** True for variance preserving schedules, sigma^2 = 1 - alpha^2; false for flow matching, sigma = 1 - alpha. */
    boolean variancePreserving();

    /** sigma at signal rate alpha. */
    default double sigmaOfAlpha(double alpha) {
        return variancePreserving() ? Math.sqrt(Math.max(0, 1 - alpha * alpha)) : 1 - alpha;
    }

    /** The time label a network expects at continuous time t. */
    default double label(double t) {
        return t * trainSteps() - 1;
    }

    /** The time label a network expects at training step n: that at t_n, without rounding. */
    default double labelOfStep(int n) {
        return n;
    }
}
