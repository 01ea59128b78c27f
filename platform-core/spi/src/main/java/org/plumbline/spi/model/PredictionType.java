package org.plumbline.spi.model;

/**
 * What a denoiser predicts, or what a sampler wants it to. With u = alpha x0 + sigma eps all are affine in one another
 * at given u, alpha, sigma.
 */
public enum PredictionType {
    /** The noise eps. */
    EPSILON,
    /** The clean sample x0. */
    SAMPLE,
    /** v = alpha eps - sigma x0. */
    V_PREDICTION,
    /** The velocity eps - x0 of flow matching. */
    FLOW;

    /**
     * The affine map from this prediction to another quantity: {@code wanted = ofInput * u + ofPrediction * prediction}.
     *
     * @param wanted any of the four; from and to {@link #EPSILON} it needs some signal, alpha above 0
     */
    public Affine to(PredictionType wanted, double alpha, double sigma) {
        // First u = alpha x0 + sigma eps is solved for (x0, eps) given the prediction.
        double[] x0 = switch (this) {
            case EPSILON -> new double[] {1 / alpha, -sigma / alpha};
            case SAMPLE -> new double[] {0, 1};
            case V_PREDICTION -> {
                double norm = alpha * alpha + sigma * sigma;
                yield new double[] {alpha / norm, -sigma / norm};
            }
            case FLOW -> new double[] {1 / (alpha + sigma), -sigma / (alpha + sigma)};
        };
        double[] eps = switch (this) {
            case EPSILON -> new double[] {0, 1};
            case SAMPLE -> new double[] {1 / sigma, -alpha / sigma};
            case V_PREDICTION -> {
                double norm = alpha * alpha + sigma * sigma;
                yield new double[] {sigma / norm, alpha / norm};
            }
            case FLOW -> new double[] {1 / (alpha + sigma), alpha / (alpha + sigma)};
        };
        return switch (wanted) {
            case SAMPLE -> new Affine(x0[0], x0[1]);
            case EPSILON -> new Affine(eps[0], eps[1]);
            case V_PREDICTION -> new Affine(alpha * eps[0] - sigma * x0[0], alpha * eps[1] - sigma * x0[1]);
            case FLOW -> new Affine(eps[0] - x0[0], eps[1] - x0[1]);
        };
    }

    /** Coefficients of an affine map. */
    public record Affine(double ofInput, double ofPrediction) {}
}
