package org.plumbline.kernel.chain;

/**
 * The guided prediction with rescaling, and its transpose; see {@link Guidance}. Rows are independent.
 *
 * <p>With r = sd(n_c) / sd(n), d = g . n and N elements per sample, the cotangent g of n' gives
 *
 * <pre>
 *   g_n = (phi r + 1 - phi) g - phi r d (n - mean n) / (N var n)
 *   g_u = (1 - w) g_n
 *   g_c = w g_n + phi d (n_c - mean n_c) / (N sd(n_c) sd(n))
 * </pre>
 *
 * <p>in which variances have N in the denominator; the ratio r is the same with N - 1.
 */
final class GuidanceRescale {
    private final double weight;
    private final double phi;

    GuidanceRescale(Guidance guidance) {
        this.weight = guidance.weight();
        this.phi = guidance.rescale();
    }

    /**
     * n'.
     *
     * @param unconditional n_u, row-major
     * @param conditional n_c
     */
    double[] apply(double[] unconditional, double[] conditional, int rows) {
        int size = conditional.length / rows;
        double[] guided = guided(unconditional, conditional);
        for (int row = 0; row < rows; row++) {
            Spread ofGuided = Spread.of(guided, row * size, size);
            Spread ofConditional = Spread.of(conditional, row * size, size);
            double factor = factor(ofConditional, ofGuided);
            for (int i = row * size; i < (row + 1) * size; i++) {
                guided[i] *= factor;
            }
        }
        return guided;
    }

    /** Cotangents of both predictions from that of n': those of n_u, then those of n_c. */
    double[] pullBack(double[] unconditional, double[] conditional, double[] cotangent, int rows) {
        int size = conditional.length / rows;
        double[] guided = guided(unconditional, conditional);
        double[] both = new double[2 * conditional.length];
        for (int row = 0; row < rows; row++) {
            int from = row * size;
            Spread ofGuided = Spread.of(guided, from, size);
            Spread ofConditional = Spread.of(conditional, from, size);
            double factor = factor(ofConditional, ofGuided);
            double along = 0;
            for (int i = from; i < from + size; i++) {
                along += cotangent[i] * guided[i];
            }
            double throughGuided = 0;
            double throughConditional = 0;
            if (ofGuided.deviation > 0) {
                double ratio = ofConditional.deviation / ofGuided.deviation;
                throughGuided = phi * ratio * along / (size * ofGuided.deviation * ofGuided.deviation);
                throughConditional = ofConditional.deviation > 0
                        ? phi * along / (size * ofConditional.deviation * ofGuided.deviation)
                        : 0;
            }
            for (int i = from; i < from + size; i++) {
                double ofN = factor * cotangent[i] - throughGuided * (guided[i] - ofGuided.mean);
                both[i] = (1 - weight) * ofN;
                both[conditional.length + i] =
                        weight * ofN + throughConditional * (conditional[i] - ofConditional.mean);
            }
        }
        return both;
    }

    private double[] guided(double[] unconditional, double[] conditional) {
        double[] guided = new double[conditional.length];
        for (int i = 0; i < guided.length; i++) {
            guided[i] = (1 - weight) * unconditional[i] + weight * conditional[i];
        }
        return guided;
    }

    /** A prediction that does not vary has no scale to be given. */
    private double factor(Spread ofConditional, Spread ofGuided) {
        return ofGuided.deviation > 0 ? phi * ofConditional.deviation / ofGuided.deviation + 1 - phi : 1;
    }

    private record Spread(double mean, double deviation) {
        static Spread of(double[] values, int from, int size) {
            double sum = 0;
            for (int i = from; i < from + size; i++) {
                sum += values[i];
            }
            double mean = sum / size;
            double squares = 0;
            for (int i = from; i < from + size; i++) {
                squares += (values[i] - mean) * (values[i] - mean);
            }
            return new Spread(mean, Math.sqrt(squares / size));
        }
    }
}
