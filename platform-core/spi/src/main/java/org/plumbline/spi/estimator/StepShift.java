package org.plumbline.spi.estimator;

import org.plumbline.spi.backend.Tensor;

/**
 * How far fine-tuning has moved the mean of one noisy step.
 *
 * <p>Both steps are normal with deviation s_k around their means, so their divergence per row is |shift|^2 / 2, and its
 * gradient with respect to the parameters, the state held, is what a {@linkplain SweepPlan#cut(int, double[], Tensor) cut}
 * with {@code shift} as residual collects.
 *
 * @param shift (mu_k - mu_k of the pre-trained model) / s_k
 * @param divergence Kullback-Leibler divergence of the fine-tuned step from the pre-trained one, nats per row
 */
public record StepShift(Tensor shift, double[] divergence) {}
