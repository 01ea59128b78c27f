package org.plumbline.toolkit.schedule;

/** The precision to which the numbers of a schedule are rounded while it is made. */
public enum Precision {
    /** As in diffusers; see the package description. */
    FLOAT32 {
        @Override
        double round(double x) {
            return (float) x;
        }
    },
    /** Without rounding. */
    FLOAT64 {
        @Override
        double round(double x) {
            return x;
        }
    };

    abstract double round(double x);
}
