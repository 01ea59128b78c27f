package org.plumbline.plugins.backend.reference;

/**
 * tanh to within three units in the last place. {@link Math#tanh} calls native code that takes several times as long, and
 * the denoisers of closed-form problems spend most of their time in it.
 */
final class HyperbolicTangent {
    private HyperbolicTangent() {}

    static double of(double x) {
        double size = Math.abs(x);
        if (size < 0.45) {
            // Lambert's continued fraction x / (1 + x^2 / (3 + x^2 / (5 + ...))) cut after the 13: exact to 5e-17 here.
            double s = x * x;
            double above = 135135 + s * (17325 + s * (378 + s));
            double below = 135135 + s * (62370 + s * (3150 + s * 28));
            return x * (above / below);
        }
        double decay = Math.exp(-2 * size);
        return Math.copySign((1 - decay) / (1 + decay), x);
    }
}
