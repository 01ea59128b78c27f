package org.plumbline.kernel.optimise;

/**
 * Limits the Euclidean norm of a gradient.
 *
 * @param maximum the largest norm; infinite to leave gradients as they are
 */
public record GradientClipping(double maximum) {
    /** Scales the gradient in place if it is longer than the maximum, and returns the norm that it had. */
    public double clip(double[] gradient) {
        double squares = 0;
        for (double g : gradient) {
            squares += g * g;
        }
        double norm = Math.sqrt(squares);
        if (norm > maximum) {
            double factor = maximum / norm;
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= factor;
            }
        }
        return norm;
    }
}
