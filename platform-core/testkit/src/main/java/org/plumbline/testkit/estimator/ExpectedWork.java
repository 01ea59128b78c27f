package org.plumbline.testkit.estimator;

/**
 * The work of one estimate, as an estimator documents it.
 *
 * @param forward evaluations of the denoiser per sample, rollout and replays included
 * @param backward vector-Jacobian products of the denoiser per sample
 * @param rewards reward evaluations per sample, those with a gradient included
 */
public record ExpectedWork(long forward, long backward, long rewards) {}
