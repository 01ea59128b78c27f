package org.plumbline.testkit.estimator;

import java.util.function.ToDoubleFunction;

/**
 * Central differences of fourth order, (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / (12 h). With h = 1e-4 and numbers of size
 * one rounding costs about 1e-12 and truncation nothing; the step is small so that it seldom crosses a kink.
 */
public final class FiniteDifferences {
    private static final double STEP = 1e-4;

    private FiniteDifferences() {}

    /** The gradient of f. */
    public static double[] gradient(ToDoubleFunction<double[]> f, double[] at) {
        double[] gradient = new double[at.length];
        for (int i = 0; i < gradient.length; i++) {
            double[] direction = new double[at.length];
            direction[i] = 1;
            gradient[i] = along(f, at, direction);
        }
        return gradient;
    }

    /** The derivative of f along a direction. */
    public static double along(ToDoubleFunction<double[]> f, double[] at, double[] direction) {
        double near = value(f, at, direction, STEP) - value(f, at, direction, -STEP);
        double far = value(f, at, direction, 2 * STEP) - value(f, at, direction, -2 * STEP);
        return (8 * near - far) / (12 * STEP);
    }

    private static double value(ToDoubleFunction<double[]> f, double[] at, double[] direction, double step) {
        double[] moved = at.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        return f.applyAsDouble(moved);
    }
}
