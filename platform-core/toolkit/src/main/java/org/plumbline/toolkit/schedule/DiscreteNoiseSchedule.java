package org.plumbline.toolkit.schedule;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * The variance preserving schedule of a discretely trained model.
 *
 * <p>Training step n lies at t_n = (n + 1) / N. Between two steps log alpha is linear in t; before the first step the first
 * segment is continued, after the last one the last (Lu et al. 2022, DPM-Solver).
 *
 * <p>With zero terminal SNR abar_{N-1} is 0 and has no logarithm: {@link #alphaBar} then says 0, and the continuous
 * functions take 2^-24 instead, the convention of diffusers' solvers. Immutable and thread-safe.
 */
public final class DiscreteNoiseSchedule implements NoiseSchedule {
    private static final double ZERO_STAND_IN = 0x1p-24;

    private final double[] alphaBar;
    private final double[] logAlpha;

    private DiscreteNoiseSchedule(double[] alphaBar) {
        this.alphaBar = alphaBar.clone();
        this.logAlpha = new double[alphaBar.length];
        double previous = 1;
        for (int n = 0; n < alphaBar.length; n++) {
            boolean last = n == alphaBar.length - 1;
            if (!(alphaBar[n] < previous && (alphaBar[n] > 0 || (last && alphaBar[n] == 0)))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("a noise schedule whose alpha_bar goes from " + previous + " to " + alphaBar[n]
                                + " at step " + n)
                        .available("alpha_bar falls from below 1 towards 0; only the last one may be 0")
                        .build();
            }
            previous = alphaBar[n];
            logAlpha[n] = 0.5 * Math.log(alphaBar[n] == 0 ? ZERO_STAND_IN : alphaBar[n]);
        }
        if (alphaBar.length < 2 || logAlpha[alphaBar.length - 1] >= logAlpha[alphaBar.length - 2]) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a noise schedule of " + alphaBar.length + " steps that ends at alpha_bar " + previous)
                    .available("at least 2 steps; before a last alpha_bar of 0 all above 2^-24")
                    .build();
        }
    }

    /**
     * A schedule of these betas.
     *
     * @param betas one per training step, each in (0, 1]
     * @param precision of 1 - beta and of each cumulative product; the product itself is accumulated in float64
     */
    public static DiscreteNoiseSchedule ofBetas(double[] betas, Precision precision) {
        return new DiscreteNoiseSchedule(cumulative(betas, precision));
    }

    /** A schedule of these alpha_bar, strictly falling from below 1. */
    public static DiscreteNoiseSchedule ofAlphaBar(double[] alphaBar) {
        return new DiscreteNoiseSchedule(alphaBar);
    }

    /** PyTorch, too, keeps the running product of float32 numbers in float64 and rounds what it hands out. */
    static double[] cumulative(double[] betas, Precision precision) {
        double[] alphaBar = new double[betas.length];
        double product = 1;
        for (int n = 0; n < betas.length; n++) {
            product *= precision.round(1 - precision.round(betas[n]));
            alphaBar[n] = precision.round(product);
        }
        return alphaBar;
    }

    @Override
    public int trainSteps() {
        return alphaBar.length;
    }

    @Override
    public double alphaBar(int n) {
        return alphaBar[n];
    }

    @Override
    public double logAlpha(double t) {
        double position = t * alphaBar.length - 1;
        int n = segment((int) Math.floor(position));
        return logAlpha[n] + (position - n) * (logAlpha[n + 1] - logAlpha[n]);
    }

    @Override
    public double timeOfLogAlpha(double wanted) {
        int low = 0;
        int high = logAlpha.length - 1;
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (logAlpha[middle] >= wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double position = low + (wanted - logAlpha[low]) / (logAlpha[low + 1] - logAlpha[low]);
        return (position + 1) / alphaBar.length;
    }

    /** The segment that is continued beyond the outermost steps is the outermost one. */
    private int segment(int n) {
        return Math.max(0, Math.min(n, alphaBar.length - 2));
    }

    @Override
    public boolean variancePreserving() {
        return true;
    }
}
