package org.plumbline.spi.estimator;

import java.util.BitSet;

/**
 * A move of the parameters on some calls, theta + scale * direction, theta elsewhere.
 *
 * @param direction of theta's length; not copied and not changed
 * @param scale signed size
 * @param calls the calls k on which the moved parameters are used
 */
public record Perturbation(double[] direction, double scale, BitSet calls) {
    public Perturbation {
        calls = (BitSet) calls.clone();
    }

    @Override
    public BitSet calls() {
        return (BitSet) calls.clone();
    }
}
