package org.plumbline.kernel.record;

import java.util.List;

/**
 * How good an estimator's gradients are at fixed parameters. With replicas g_1 .. g_N of the estimate, each from
 * {@code rows} samples, and e_1 .. e_N the exact gradients of the same samples, whose mean is the truth g*, itself an
 * estimate with an error:
 *
 * @param trial label of the trial whose estimator this is
 * @param estimator id of the estimator
 * @param point of which study and at which parameters, for example {@code first: base model}
 * @param parameters the length of g
 * @param truth what g* is, for example {@code exact adjoint, mean of 4096 samples}
 * @param truthNorm |g*|, the noise of the mean removed
 * @param truthNormStandardError of {@code truthNorm}, by the jackknife
 * @param truthVariance trace of the covariance of an exact gradient of one sample
 * @param seed of the prompts and the noise of all replicas
 * @param replicas N
 * @param rows samples per replica
 * @param bias |E g - g*| / |g*|, the noise of both means removed; 0 if what remains is not positive
 * @param biasStandardError of {@code bias}
 * @param biasZ how far the squared distance of mean and truth is from what noise alone gives, as the normal deviate of
 *     the same probability
 * @param detectableBias the bias that would have reached a {@code biasZ} of 3
 * @param verdict what follows from these
 * @param length |E g| / |g*|, the noise of both means removed
 * @param lengthStandardError of {@code length}, by the jackknife
 * @param cosine between the mean of the replicas and g*
 * @param cosineStandardError of {@code cosine}
 * @param variance trace of the covariance of a replica, times {@code rows}: that of an estimate from one sample
 * @param varianceStandardError of {@code variance}
 * @param relativeVariance {@code variance} / |g*|^2
 * @param cost of one replica: evaluations per sample, rows, reward evaluations; median seconds and peak memory of
 *     estimates made one at a time
 * @param efficiency variance and cost together
 * @param groups of parameters; their variances add up to {@code variance}
 * @param steps the times at which the network was pulled back, in order of execution; with {@code unresolved} their
 *     covariances add up to {@code variance}
 * @param unresolved what has no time: zeroth-order terms and gradients of the initial noise
 */
public record GradientRecord(
        String trial,
        String estimator,
        String point,
        int parameters,
        String truth,
        double truthNorm,
        double truthNormStandardError,
        double truthVariance,
        long seed,
        int replicas,
        int rows,
        double bias,
        double biasStandardError,
        double biasZ,
        double detectableBias,
        Verdict verdict,
        double length,
        double lengthStandardError,
        double cosine,
        double cosineStandardError,
        double variance,
        double varianceStandardError,
        double relativeVariance,
        Cost cost,
        Efficiency efficiency,
        List<Group> groups,
        List<Step> steps,
        Step unresolved)
        implements RunRecord {
    public GradientRecord {
        groups = List.copyOf(groups);
        steps = List.copyOf(steps);
    }

    /**
     * Whether there is a bias.
     *
     * @param kind the answer
     * @param replicasNeeded about how many replicas an answer needs, if there is none yet; else those there are
     */
    public record Verdict(Kind kind, long replicasNeeded) {
        /** The answers. */
        public enum Kind {
            /** No bias is seen, and one of the size that matters would have been. */
            UNBIASED,
            /** The bias is beyond three standard errors, and beyond rounding. */
            BIASED,
            /** No bias is seen, but one of the size that matters would not have been either. */
            UNDECIDED
        }

        /** True for {@link Kind#BIASED}. */
        public boolean certainlyBiased() {
            return kind == Kind.BIASED;
        }

        /** For tables. */
        public String text() {
            return switch (kind) {
                case UNBIASED -> "unbiased within 3 se";
                case BIASED -> "biased";
                case UNDECIDED -> "not decided (needs about " + replicasNeeded + " replicas)";
            };
        }
    }

    /**
     * Variance at equal cost. Averaging over samples divides the variance and multiplies the cost, so their product is
     * what an accuracy costs; bias is not counted.
     *
     * @param varianceNfe {@code relativeVariance} times evaluations per sample, a backward one counting twice
     * @param varianceSeconds {@code relativeVariance} times seconds per sample
     * @param ratioNfe {@code varianceNfe} over that of full back-propagation through the same sampler
     * @param ratioSeconds {@code varianceSeconds} over that of full back-propagation through the same sampler
     */
    public record Efficiency(double varianceNfe, double varianceSeconds, double ratioNfe, double ratioSeconds) {}

    /**
     * A group of parameters.
     *
     * @param name what their names have in common
     * @param parameters how many numbers
     * @param truthNorm length of the truth in the group, over |g*|
     * @param variance of the group for one sample, over |g*|^2
     */
    public record Group(String name, int parameters, double truthNorm, double variance) {}

    /**
     * A part of the estimate, g_k.
     *
     * @param time label of the network's time; NaN for what has none
     * @param variance trace of the covariance of g_k, times {@code rows}, over |g*|^2
     * @param covariance trace of the covariance of g_k with g, times {@code rows}, over |g*|^2: what it adds to the variance
     *     of g, negative where it cancels the noise of other parts
     * @param standardError of {@code covariance}
     */
    public record Step(double time, double variance, double covariance, double standardError) {
        /** A part that is zero. */
        public static final Step NONE = new Step(Double.NaN, 0, 0, 0);
    }
}
