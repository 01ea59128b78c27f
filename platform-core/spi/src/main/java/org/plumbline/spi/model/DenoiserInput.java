package org.plumbline.spi.model;

import java.util.Arrays;
import java.util.Optional;

/** The inputs a denoiser graph may declare; the host feeds those that it declares. */
public enum DenoiserInput {
    /** The noisy latent u = alpha x0 + sigma eps, [batch, channels, height, width]. */
    SAMPLE("sample"),
    /** The time label of the model, [batch]; a real number. */
    TIMESTEP("timestep"),
    /** The encoded prompt, [batch, length, width]. */
    CONDITION("condition"),
    /** The signal rate alpha, [batch]; for networks that are told the noise level itself. */
    ALPHA("alpha"),
    /** The noise rate sigma, [batch]. */
    SIGMA("sigma");

    private final String key;

    DenoiserInput(String key) {
        this.key = key;
    }

    /** The name of the graph input. */
    public String key() {
        return key;
    }

    /** The input of this name, if it is one. */
    public static Optional<DenoiserInput> of(String key) {
        return Arrays.stream(values()).filter(input -> input.key.equals(key)).findFirst();
    }
}
