package org.plumbline.spi.estimator;

/** What an estimator needs and promises. Needs are checked before a run; promises are checked by the contract kit. */
public enum EstimatorTrait {
    /** Its expectation is the gradient of the expected reward under its own sampler. */
    UNBIASED,
    /** Needs the gradient of the reward with respect to the image. */
    NEEDS_REWARD_GRADIENT,
    /** Needs vector-Jacobian products of the denoiser. */
    NEEDS_VJP,
    /** Needs noise in the sampler's steps. */
    NEEDS_STOCHASTIC_SAMPLER,
    /** Its memory does not grow with the number of steps, but for the latents. */
    CONSTANT_MEMORY_IN_STEPS
}
