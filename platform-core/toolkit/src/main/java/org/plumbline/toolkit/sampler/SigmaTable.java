package org.plumbline.toolkit.sampler;

import java.util.Arrays;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The ratio S = sigma / alpha at the training steps of a variance preserving schedule, between them by linear
 * interpolation: the clock of Karras et al. (2022) for models that were trained in discrete steps.
 *
 * <p>Where zero terminal SNR makes the last alpha 0, abar is taken as 2^-24.
 */
public final class SigmaTable {
    private static final double ZERO_STAND_IN = 0x1p-24;

    private final double[] sigmas;
    private final double[] logs;

    /** The table of a schedule. */
    public SigmaTable(NoiseSchedule schedule) {
        sigmas = new double[schedule.trainSteps()];
        Arrays.setAll(sigmas, n -> {
            double alphaBar = schedule.alphaBar(n) == 0 ? ZERO_STAND_IN : schedule.alphaBar(n);
            return Math.sqrt((1 - alphaBar) / alphaBar);
        });
        logs = Arrays.stream(sigmas).map(s -> (float) Math.log((float) s)).toArray();
    }

    /** S at a training step, a real number; beyond the ends that of the end. */
    public double at(double timestep) {
        int last = sigmas.length - 1;
        if (timestep <= 0) {
            return sigmas[0];
        }
        if (timestep >= last) {
            return sigmas[last];
        }
        int low = (int) Math.floor(timestep);
        return sigmas[low] + (timestep - low) * (sigmas[low + 1] - sigmas[low]);
    }

    /**
     * The training step of S, linear in log S between two steps; beyond the ends that of the end. The logarithms of the
     * table are rounded to float32, as diffusers has them: a level that should be that of a training step may come out just
     * below it, and samplers that cut off the fraction then ask for the step before.
     */
    public double timestep(double sigma) {
        double log = Math.log(Math.max(sigma, 1e-10));
        int low = Arrays.binarySearch(logs, log);
        if (low >= 0) {
            return low;
        }
        low = Math.min(Math.max(-low - 2, 0), logs.length - 2);
        double weight = (log - logs[low]) / (logs[low + 1] - logs[low]);
        return low + Math.max(0, Math.min(1, weight));
    }

    /** S at the first training step. */
    public double smallest() {
        return sigmas[0];
    }

    /** S at the last training step. */
    public double largest() {
        return sigmas[sigmas.length - 1];
    }

    /** The number of training steps whose log (alpha / sigma) is not below a bound. */
    public int countFrom(double lambda) {
        return (int) Arrays.stream(sigmas).filter(s -> -Math.log(s) >= lambda).count();
    }
}
