package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Arrays;
import java.util.List;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Reduction;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.StepShift;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;

/**
 * The terms of the surrogate, one per trained step, as cuts of one sweep. The score's cotangent is weight * residual / s,
 * that of the divergence shift / s, so both are collected by one cut with the residual
 *
 * <pre>
 *   (weight_i residual_i - kl shift_i) / D       D the size of the latent for mean log-probabilities, 1 for summed ones
 * </pre>
 */
final class SurrogateTerms {
    private final Method.Surrogate surrogate;
    private final Chain chain;
    private final Trajectory sampled;
    private final double divisor;
    private int ratios;
    private int outside;
    private double approximateKl;
    private double divergence;

    SurrogateTerms(Method.Surrogate surrogate, Chain chain, Trajectory sampled) {
        this.surrogate = surrogate;
        this.chain = chain;
        this.sampled = sampled;
        this.divisor = surrogate.reduction() == Reduction.MEAN ? chain.profile().latentSize() : 1;
    }

    /** What log-probabilities are divided by. */
    double divisor() {
        return divisor;
    }

    /**
     * Adds the term of call k.
     *
     * @param advantages one per row
     * @param scale of the whole term
     */
    SweepPlan addTo(SweepPlan plan, int k, double[] advantages, double scale) {
        double[] weights = new double[advantages.length];
        // With one update per rollout the parameters are those of the behaviour, and the residual is the noise.
        StepScore score =
                surrogate.objective().usesRatios() || surrogate.updates() > 1 ? chain.score(sampled, k) : null;
        for (int i = 0; i < weights.length; i++) {
            double logRatio = score == null ? 0 : score.logRatio()[i] / divisor;
            weights[i] = scale / divisor * weight(advantages[i], logRatio);
        }
        Tensor residual = score == null ? null : score.residual();
        return surrogate.kl() == 0
                ? plan.cut(k, weights, residual)
                : withDivergence(plan, k, weights, residual == null ? sampled.noise(k) : residual, scale);
    }

    private double weight(double advantage, double logRatio) {
        double ratio = Math.exp(logRatio);
        ratios++;
        outside += Math.abs(ratio - 1) > surrogate.clip() ? 1 : 0;
        approximateKl += ratio - 1 - logRatio;
        return surrogate.objective().weight(advantage, ratio, surrogate.clip());
    }

    private SweepPlan withDivergence(SweepPlan plan, int k, double[] weights, Tensor residual, double scale) {
        StepShift shift = chain.shift(sampled, k);
        divergence += Arrays.stream(shift.divergence()).sum() / (divisor * chain.rows());
        TensorArena arena = chain.arena();
        try (TensorArena scratch = arena.nested()) {
            Tensor score = scratch.scaleRows(weights, residual);
            double pull = -scale * surrogate.kl() / divisor;
            Tensor both = arena.combine(new double[] {1, pull}, List.of(score, shift.shift()));
            double[] ones = new double[chain.rows()];
            Arrays.fill(ones, 1);
            return plan.cut(k, ones, both);
        } finally {
            // One latent per step stays until the sweep, not three.
            residual.close();
            shift.shift().close();
        }
    }

    /** Adds what was seen on the way. */
    GradientEstimate report(GradientEstimate estimate) {
        GradientEstimate reported = estimate;
        if (surrogate.objective().usesRatios()) {
            reported = reported.with("clip-fraction", (double) outside / ratios)
                    .with("approximate-kl", approximateKl / ratios);
        }
        return surrogate.kl() == 0 ? reported : reported.with("kl", divergence);
    }
}
