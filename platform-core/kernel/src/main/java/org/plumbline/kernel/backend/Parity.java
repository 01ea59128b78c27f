package org.plumbline.kernel.backend;

import java.util.Locale;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the outputs of two backends count as the same.
 *
 * @param gradients what one backend says of itself
 * @param rollouts the other
 * @param tolerance largest difference, relative to the largest number of the output
 */
record Parity(String gradients, String rollouts, double tolerance) {
    /** Rounding of float32 in another order of summation is 1e-6 to 1e-5 of the output in networks of usual depth. */
    static final double FLOAT32 = 1e-4;

    static final double FLOAT64 = 1e-10;

    private static final Logger LOG = LoggerFactory.getLogger(Parity.class);

    /**
     * Compares two outputs of a network.
     *
     * @param network its name
     * @param expected from the backend for gradients
     * @param found from the backend for rollouts
     * @return true if they agree; false if nothing is known since {@code expected} is not finite
     * @throws PlumblineException {@link StandardError#DISAGREEMENT} if they differ
     */
    boolean prove(String network, double[] expected, double[] found) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            if (!Double.isFinite(expected[i])) {
                return false;
            }
            largest = Math.max(largest, Math.abs(expected[i]));
            // Math.max keeps what is not a number.
            difference = Math.max(difference, Math.abs(expected[i] - found[i]));
        }
        if (!(difference <= tolerance * largest)) {
            throw PlumblineException.of(StandardError.DISAGREEMENT)
                    .asked(String.format(
                            Locale.ROOT,
                            "network '%s' gives one output on %s and another one on %s: they differ by up to %.3g, the"
                                    + " largest number is %.3g, and %.0e of it is allowed",
                            network,
                            gradients,
                            rollouts,
                            difference,
                            largest,
                            tolerance))
                    .remedy("use one of the two backends alone, and report the difference")
                    .build();
        }
        LOG.debug("network '{}': {} and {} differ by {} of {}", network, gradients, rollouts, difference, largest);
        return true;
    }
}
