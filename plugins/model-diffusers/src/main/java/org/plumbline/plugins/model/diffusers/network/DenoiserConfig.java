package org.plumbline.plugins.model.diffusers.network;

/** What the assembly of a model has to know of its denoiser. Immutable. */
public interface DenoiserConfig {
    /** The sizes of one sample: channels, height, width of an image; channels, frames, height, width of a video. */
    long[] sampleShape();

    /** Channels of the input. */
    int in();

    /** Channels of the output. */
    int out();

    /** What the network is conditioned on. */
    Conditioning conditioning();

    /** Builds the network, which declares all its weights in the scope. */
    DenoiserNetwork build(Scope scope);
}
