package org.plumbline.toolkit.sampler;

/**
 * Weights of multistep methods: the polynomial through the last slopes is integrated over the step. The nodes are given
 * youngest first, and so are the weights.
 */
public final class PolynomialIntegrals {
    private PolynomialIntegrals() {}

    /**
     * Adams and Bashforth: a polynomial in s, integrated ds from the youngest node to {@code to}.
     *
     * <p>Source: Hairer, Norsett and Wanner: Solving ordinary differential equations I, III.5.
     */
    public static double[] overPosition(double[] nodes, double to) {
        double h = to - nodes[0];
        double[] at = new double[nodes.length];
        for (int j = 0; j < at.length; j++) {
            at[j] = (nodes[j] - nodes[0]) / h;
        }
        double[] weights = new double[nodes.length];
        for (int j = 0; j < weights.length; j++) {
            double[] polynomial = lagrange(at, j);
            for (int d = 0; d < polynomial.length; d++) {
                weights[j] += h * polynomial[d] / (d + 1);
            }
        }
        return weights;
    }

    /**
     * A polynomial in log s, integrated ds from the youngest node to {@code to}, all of them above 0.
     *
     * <p>Source: Zhang and Chen: Fast sampling of diffusion models with exponential integrator. ICLR 2023 (log-rho
     * DEIS).
     */
    public static double[] overLogarithm(double[] nodes, double to) {
        double[] at = new double[nodes.length];
        for (int j = 0; j < at.length; j++) {
            at[j] = Math.log(nodes[j] / nodes[0]);
        }
        double end = Math.log(to / nodes[0]);
        // I_d = integral of u^d e^u from 0 to end = end^d e^end - d I_{d-1}
        double[] integrals = new double[nodes.length];
        integrals[0] = Math.expm1(end);
        for (int d = 1; d < integrals.length; d++) {
            integrals[d] = Math.pow(end, d) * Math.exp(end) - d * integrals[d - 1];
        }
        double[] weights = new double[nodes.length];
        for (int j = 0; j < weights.length; j++) {
            double[] polynomial = lagrange(at, j);
            for (int d = 0; d < polynomial.length; d++) {
                weights[j] += nodes[0] * polynomial[d] * integrals[d];
            }
        }
        return weights;
    }

    /** The polynomial that is 1 at node j and 0 at the others, by its coefficients. */
    private static double[] lagrange(double[] at, int j) {
        double[] polynomial = {1};
        for (int i = 0; i < at.length; i++) {
            if (i != j) {
                double[] next = new double[polynomial.length + 1];
                for (int d = 0; d < polynomial.length; d++) {
                    next[d + 1] += polynomial[d] / (at[j] - at[i]);
                    next[d] -= polynomial[d] * at[i] / (at[j] - at[i]);
                }
                polynomial = next;
            }
        }
        return polynomial;
    }
}
