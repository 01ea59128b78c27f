package org.plumbline.toolkit.schedule;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The straight path of flow matching, x_t = (1 - t) x_0 + t eps: sigma is the time and alpha = 1 - sigma.
 *
 * <p>Training step n lies at t_n = (n + 1) / N like in every schedule, but the network's label is N sigma, so that of step
 * n is n + 1. At t = 1 nothing of the sample is left, alpha = 0. Shifts of the times are a matter of the sampler, not of
 * the path.
 *
 * @param trainSteps N
 */
public record FlowSchedule(int trainSteps) implements NoiseSchedule {
    public FlowSchedule {
        if (trainSteps < 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a flow schedule of " + trainSteps + " training steps")
                    .available("at least 1")
                    .build();
        }
    }

    @Override
    public double alphaBar(int n) {
        double alpha = 1 - (n + 1.0) / trainSteps;
        return alpha * alpha;
    }

    /** Minus infinity at t = 1. */
    @Override
    public double logAlpha(double t) {
        return Math.log1p(-t);
    }

    @Override
    public double timeOfLogAlpha(double logAlpha) {
        return -Math.expm1(logAlpha);
    }

    @Override
    public boolean variancePreserving() {
        return false;
    }

    @Override
    public double label(double t) {
        return t * trainSteps;
    }

    @Override
    public double labelOfStep(int n) {
        return n + 1.0;
    }
}
