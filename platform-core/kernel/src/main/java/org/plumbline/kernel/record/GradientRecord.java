package org.plumbline.kernel.record;

/**
 * How good an estimator's gradients are at fixed parameters. With replicas g_1 .. g_N of the estimate, each from
 * {@code rows} samples, and the true gradient g*, itself an estimate with an error:
 *
 * @param trial label of the trial whose estimator this is
 * @param estimator id of the estimator
 * @param point of which study and at which parameters, for example {@code first: base model}
 * @param truth what g* is, for example {@code exact adjoint, mean of 4096 samples}
 * @param truthNorm |g*|
 * @param replicas N
 * @param rows samples per replica
 * @param bias |E g - g*| / |g*|, the noise of both means removed; 0 if what remains is not positive
 * @param biasStandardError of {@code bias}
 * @param biasZ the squared distance of mean and truth, minus what noise alone gives, over its standard error under the
 *     hypothesis of no bias; beyond 3 the bias is real
 * @param cosine between the mean of the replicas and g*
 * @param cosineStandardError of {@code cosine}
 * @param variance trace of the covariance of a replica, times {@code rows}: that of an estimate from one sample
 * @param relativeVariance {@code variance} / |g*|^2
 * @param cost of one replica: evaluations per sample, rows, reward evaluations, seconds and peak memory
 */
public record GradientRecord(
        String trial,
        String estimator,
        String point,
        String truth,
        double truthNorm,
        int replicas,
        int rows,
        double bias,
        double biasStandardError,
        double biasZ,
        double cosine,
        double cosineStandardError,
        double variance,
        double relativeVariance,
        Cost cost)
        implements RunRecord {}
