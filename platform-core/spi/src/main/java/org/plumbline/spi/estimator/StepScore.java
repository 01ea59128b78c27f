package org.plumbline.spi.estimator;

import org.plumbline.spi.backend.Tensor;

/**
 * A step of a behaviour trajectory seen with other parameters.
 *
 * @param residual (x_{k+1} - mu_k) / s_k, whose row i is standard normal noise if the parameters are the behaviour's
 * @param logRatio ln p(x_{k+1} | x_k; theta) - ln p(x_{k+1} | x_k; behaviour) per row, summed over the latent; the
 *     normalising constants are equal and cancel
 */
public record StepScore(Tensor residual, double[] logRatio) {}
