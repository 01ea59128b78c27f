package org.plumbline.plugins.sampler.dpm.solver;

import org.plumbline.toolkit.sampler.NoiseGrid;

/**
 * The weights of one step from node s to node t: x_t = state x_s + d0 D0 + d1 D1 + d2 D2 + noise z, where D0 is the
 * prediction (of the sample or of the noise) and D1, D2 its first and second divided differences, scaled by the step h =
 * lambda_t - lambda_s.
 *
 * <p>The step integrates a truncated Taylor series against an exponential. Where the end has no noise, h is infinite; the
 * limits are what the formulas give, with D1 and D2 left out by the callers.
 */
record Expansion(double state, double d0, double d1, double d2, double noise) {
    /**
     * @param midpoint whether D1 enters with half the weight of D0 (solver type midpoint), else with its exact integral
     */
    static Expansion of(Algorithm algorithm, boolean midpoint, NoiseGrid grid, int from, int to) {
        double alpha = grid.alpha(to);
        double sigma = grid.sigma(to);
        double h = grid.lambda(to) - grid.lambda(from);
        double ofSigma = sigma / grid.sigma(from);
        double ofAlpha = alpha / grid.alpha(from);
        return switch (algorithm) {
            case DATA -> {
                double d0 = -alpha * Math.expm1(-h);
                yield new Expansion(
                        ofSigma,
                        d0,
                        midpoint ? d0 / 2 : alpha * (Math.expm1(-h) / h + 1),
                        -alpha * ((Math.expm1(-h) + h) / (h * h) - 0.5),
                        0);
            }
            case NOISE -> {
                double d0 = -sigma * Math.expm1(h);
                yield new Expansion(
                        ofAlpha,
                        d0,
                        midpoint ? d0 / 2 : -sigma * (Math.expm1(h) / h - 1),
                        -sigma * ((Math.expm1(h) - h) / (h * h) - 0.5),
                        0);
            }
            case SDE_DATA -> {
                double d0 = -alpha * Math.expm1(-2 * h);
                yield new Expansion(
                        ofSigma * Math.exp(-h),
                        d0,
                        midpoint ? d0 / 2 : alpha * (Math.expm1(-2 * h) / (2 * h) + 1),
                        // The sign of the last term is that of diffusers; a Taylor series would have + 0.5.
                        alpha * ((-Math.expm1(-2 * h) - 2 * h) / (4 * h * h) - 0.5),
                        sigma * Math.sqrt(-Math.expm1(-2 * h)));
            }
            case SDE_NOISE -> {
                double d0 = -2 * sigma * Math.expm1(h);
                yield new Expansion(
                        ofAlpha,
                        d0,
                        midpoint ? d0 / 2 : -2 * sigma * (Math.expm1(h) / h - 1),
                        0,
                        sigma * Math.sqrt(Math.expm1(2 * h)));
            }
        };
    }
}
