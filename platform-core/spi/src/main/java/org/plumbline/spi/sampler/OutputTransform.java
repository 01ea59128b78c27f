package org.plumbline.spi.sampler;

import org.osgi.annotation.versioning.ConsumerType;

/** A nonlinear map of the converted prediction, row by row, with its exact vector-Jacobian product. Immutable. */
@ConsumerType
public interface OutputTransform {
    /** True for the identity, which costs nothing. */
    default boolean identity() {
        return false;
    }

    /** T(h), row-major with {@code rows} rows, as a new array. */
    double[] apply(double[] h, int rows);

    /** J(h)^T g, as a new array. */
    double[] pullBack(double[] h, double[] g, int rows);

    /** The identity. */
    static OutputTransform none() {
        return new OutputTransform() {
            @Override
            public boolean identity() {
                return true;
            }

            @Override
            public double[] apply(double[] h, int rows) {
                return h.clone();
            }

            @Override
            public double[] pullBack(double[] h, double[] g, int rows) {
                return g.clone();
            }
        };
    }
}
