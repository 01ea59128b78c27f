package org.plumbline.kernel.optimise;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citation;

/**
 * Adam with decoupled weight decay.
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g                     v = beta2 v + (1 - beta2) g^2
 *   theta = theta - rate (m / (1 - beta1^n) / (sqrt(v / (1 - beta2^n)) + epsilon) + decay theta)
 * </pre>
 *
 * for the n-th update. A gradient with a number that is not finite is refused before anything changes. Not thread-safe.
 */
public final class AdamW {
    /** Where it comes from. */
    public static final Citation CITATION = new Citation(
            "loshchilov2019adamw", "I. Loshchilov, F. Hutter", "Decoupled Weight Decay Regularization", 2019, "ICLR");

    private final Settings settings;
    private final double[] first;
    private final double[] second;
    private long updates;

    /** An optimiser for vectors of this length that has seen no gradient. */
    public AdamW(Settings settings, int size) {
        this(settings, new State(0, new double[size], new double[size]));
    }

    /** An optimiser that continues from a state. */
    public AdamW(Settings settings, State state) {
        this.settings = settings;
        first = state.first().clone();
        second = state.second().clone();
        updates = state.updates();
    }

    /**
     * One update that makes the objective smaller.
     *
     * @param theta changed in place
     * @param gradient of the objective
     * @param rate learning rate of this update
     * @throws PlumblineException {@link StandardError#NOT_FINITE}; theta and this optimiser are then unchanged
     */
    public void descend(double[] theta, double[] gradient, double rate) {
        update(theta, gradient, rate, 1);
    }

    /** One update that makes the objective larger; weight decay still shrinks theta. See {@link #descend}. */
    public void ascend(double[] theta, double[] gradient, double rate) {
        update(theta, gradient, rate, -1);
    }

    /** A copy of the state, from which an equal optimiser can be made. */
    public State state() {
        return new State(updates, first.clone(), second.clone());
    }

    private void update(double[] theta, double[] gradient, double rate, int sign) {
        if (theta.length != first.length || gradient.length != first.length) {
            throw new IllegalArgumentException("an optimiser for " + first.length + " parameters was given "
                    + theta.length + " parameters and a gradient of " + gradient.length);
        }
        requireFinite(gradient);
        updates++;
        double firstCorrection = 1 - Math.pow(settings.beta1(), (double) updates);
        double secondCorrection = 1 - Math.pow(settings.beta2(), (double) updates);
        for (int i = 0; i < theta.length; i++) {
            double g = sign * gradient[i];
            first[i] += (1 - settings.beta1()) * (g - first[i]);
            second[i] += (1 - settings.beta2()) * (g * g - second[i]);
            double step = first[i] / firstCorrection / (Math.sqrt(second[i] / secondCorrection) + settings.epsilon());
            theta[i] -= rate * (step + settings.weightDecay() * theta[i]);
        }
    }

    private static void requireFinite(double[] gradient) {
        for (int i = 0; i < gradient.length; i++) {
            if (!Double.isFinite(gradient[i])) {
                throw PlumblineException.of(StandardError.NOT_FINITE)
                        .asked("entry " + i + " of the gradient is " + gradient[i])
                        .remedy("lower the learning rate, or clip the gradient; the parameters were left as they were")
                        .build();
            }
        }
    }

    /**
     * The constants of the method.
     *
     * @param beta1 memory of the gradient's mean, in [0, 1)
     * @param beta2 memory of its square, in [0, 1)
     * @param epsilon added to the root of the mean square, positive
     * @param weightDecay fraction of theta that one unit of learning rate takes away, at least 0
     */
    public record Settings(double beta1, double beta2, double epsilon, double weightDecay) {
        public Settings {
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && weightDecay >= 0)) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("AdamW with beta1 " + beta1 + ", beta2 " + beta2 + ", epsilon " + epsilon
                                + ", weight decay " + weightDecay)
                        .available("beta1 and beta2 in [0, 1), epsilon > 0, weight decay >= 0")
                        .build();
            }
        }

        /** The usual constants, 0.9, 0.999 and 1e-8, without weight decay. */
        public static Settings usual() {
            return new Settings(0.9, 0.999, 1e-8, 0);
        }
    }

    /**
     * What an optimiser remembers. The arrays belong to the record.
     *
     * @param updates number of updates so far
     * @param first running mean of the gradient
     * @param second running mean of its square
     */
    public record State(long updates, double[] first, double[] second) {
        public State {
            if (first.length != second.length) {
                throw new IllegalArgumentException(
                        "moments of " + first.length + " and " + second.length + " parameters");
            }
        }
    }
}
