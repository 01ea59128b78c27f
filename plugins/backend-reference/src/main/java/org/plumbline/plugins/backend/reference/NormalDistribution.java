package org.plumbline.plugins.backend.reference;

/** The standard normal distribution, to a relative error below 5e-13 in both tails. */
final class NormalDistribution {
    private static final double SQRT_2PI = Math.sqrt(2 * Math.PI);

    private NormalDistribution() {}

    static double density(double x) {
        return Math.exp(-0.5 * x * x) / SQRT_2PI;
    }

    /**
     * Phi(x). Near zero by the series 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...), whose terms do not cancel; in the tails
     * by the continued fraction of Mills' ratio, Phi(-x) = phi(x) / (x + 1/(x + 2/(x + 3/...))) for x > 0.
     */
    static double cumulative(double x) {
        if (Math.abs(x) < 3) {
            return 0.5 + aboveHalf(x);
        }
        double tail = Math.abs(x);
        double fraction = tail;
        for (int k = 60; k >= 1; k--) {
            fraction = tail + k / fraction;
        }
        double below = density(x) / fraction;
        return x < 0 ? below : 1 - below;
    }

    /** erf(x) = 2 Phi(sqrt(2) x) - 1. */
    static double errorFunction(double x) {
        double scaled = Math.sqrt(2) * x;
        return Math.abs(scaled) < 3 ? 2 * aboveHalf(scaled) : Math.signum(x) * (1 - 2 * cumulative(-Math.abs(scaled)));
    }

    /** Phi(x) - 1/2 near zero. */
    private static double aboveHalf(double x) {
        double term = x;
        double sum = x;
        for (int odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
            term *= x * x / odd;
            sum += term;
        }
        return density(x) * sum;
    }
}
