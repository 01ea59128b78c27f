package org.plumbline.toolkit.sampler;

import java.util.EnumSet;
import java.util.Set;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** How noise levels are spread between the largest and the smallest, for samplers that choose levels and not timesteps. */
public enum SigmaSpacing {
    /** Those of the timesteps; nothing is spread. */
    TIMESTEPS {
        @Override
        double at(double largest, double smallest, double part) {
            throw new IllegalStateException("the levels are those of the timesteps");
        }
    },
    /** Equal steps of the seventh root (Karras et al. 2022, equation 5). */
    KARRAS {
        @Override
        double at(double largest, double smallest, double part) {
            double from = Math.pow(largest, 1 / RHO);
            return Math.pow(from + part * (Math.pow(smallest, 1 / RHO) - from), RHO);
        }
    },
    /** Equal ratios. */
    EXPONENTIAL {
        @Override
        double at(double largest, double smallest, double part) {
            return Math.exp(Math.log(largest) + part * (Math.log(smallest) - Math.log(largest)));
        }
    },
    /** Quantiles of the beta distribution with both parameters 0.6: denser at both ends (Lee et al. 2024). */
    BETA {
        @Override
        double at(double largest, double smallest, double part) {
            double quantile = BetaDistribution.of(0.6, 0.6).inverseCumulativeProbability(1 - part);
            return smallest + quantile * (largest - smallest);
        }
    };

    private static final double RHO = 7;

    abstract double at(double largest, double smallest, double part);

    /** Levels in descending order, both ends included. */
    public double[] levels(double largest, double smallest, int count) {
        double[] levels = new double[count];
        for (int i = 0; i < count; i++) {
            levels[i] = at(largest, smallest, count == 1 ? 0 : (double) i / (count - 1));
        }
        return levels;
    }

    /** What {@code use_karras_sigmas}, {@code use_exponential_sigmas} and {@code use_beta_sigmas} say. */
    public static SigmaSpacing of(ModelSettings settings) {
        Set<SigmaSpacing> wanted = EnumSet.noneOf(SigmaSpacing.class);
        if (settings.flag("use_karras_sigmas", false)) {
            wanted.add(KARRAS);
        }
        if (settings.flag("use_exponential_sigmas", false)) {
            wanted.add(EXPONENTIAL);
        }
        if (settings.flag("use_beta_sigmas", false)) {
            wanted.add(BETA);
        }
        if (wanted.size() > 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("several spacings of the noise levels: " + wanted)
                    .available("one of use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas")
                    .build();
        }
        return wanted.isEmpty() ? TIMESTEPS : wanted.iterator().next();
    }
}
