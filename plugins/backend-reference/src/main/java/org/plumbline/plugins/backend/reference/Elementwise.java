package org.plumbline.plugins.backend.reference;

/** Operations on each number by itself. */
final class Elementwise {
    private final Tape tape;

    Elementwise(Tape tape) {
        this.tape = tape;
    }

    Value apply(Pointwise function, Value x) {
        double[] from = x.data;
        double[] y = new double[from.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = function.value(from[i]);
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int i = 0; i < y.length; i++) {
                into[i] += g[i] * function.slope(from[i], y[i]);
            }
        };
        return tape.result(x.shape, y, pullBack, x);
    }

    /** factor x + term. */
    Value affine(Value x, double factor, double term) {
        double[] from = x.data;
        double[] y = new double[from.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = factor * from[i] + term;
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int i = 0; i < y.length; i++) {
                into[i] += factor * g[i];
            }
        };
        return tape.result(x.shape, y, pullBack, x);
    }
}
