package org.plumbline.spi.estimator;

import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.backend.Tensor;

/** A sampled chain. Belongs to the {@link Chain} that made it. */
@ProviderType
public interface Trajectory {
    /** The initial state y_1 of the first call, initScale times the initial noise. */
    Tensor initial();

    /** The final latents x_0. */
    Tensor output();

    /**
     * The state register y_1 before call k, or after the last call for k = K.
     *
     * @throws IllegalStateException if only the end was kept
     */
    Tensor state(int k);

    /** The standard normal noise of call k, regenerated from its key. */
    Tensor noise(int k);
}
