package org.plumbline.spi.backend;

/** What a compute backend can do. Checked before a run starts. */
public enum Capability {
    /** Runs networks forward. Every backend can. */
    FORWARD,
    /** Pulls cotangents back through networks: {@link Network#vjp}. */
    VJP,
    /** Computes in float64. */
    FLOAT64
}
