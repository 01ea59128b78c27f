package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Locale;

/** Whether a vector-Jacobian product computes activations again rather than keep them. */
public enum Recompute {
    /** All of them are kept from the forward pass. */
    NONE,
    /** Kept are those that cross a boundary of the graph; the others are computed again, one segment at a time. */
    SEGMENTS;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
