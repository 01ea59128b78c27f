package org.plumbline.spi.estimator;

import org.plumbline.spi.backend.Tensor;

/**
 * Rewards of latents with their gradients.
 *
 * @param rewards one per row
 * @param gradient row i is the gradient of reward i with respect to the latents of row i, through the decoder; not
 *     divided by the number of rows
 */
public record Judgement(double[] rewards, Tensor gradient) {}
