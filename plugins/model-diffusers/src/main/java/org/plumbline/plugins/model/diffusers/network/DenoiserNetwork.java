package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** A network that finds the noise in a sample, whatever it is made of. */
public interface DenoiserNetwork {
    /** What it was built from. */
    DenoiserConfig config();

    /**
     * Applies the network.
     *
     * @param sample [batch, ...] with the sizes of {@link DenoiserConfig#sampleShape}
     * @param label time labels, [batch]
     * @param condition [batch, length, width] as {@link DenoiserConfig#conditioning} says; null if the network takes none
     * @return as large as the sample, but for its channels if {@link DenoiserConfig#out} says so
     */
    <T> T apply(Ops<T> ops, T sample, T label, @Nullable T condition);
}
