/**
 * Gradient estimators and the chain they work on.
 *
 * <p>All reward fine-tuning methods compute the same sum over the steps of the sampling chain,
 * {@code g = sum_k (d step_k / d theta)^T c_k}, plus zeroth-order terms that only need forward passes; they differ in the
 * steps they visit and in the cotangents c_k. The host owns the {@link org.plumbline.spi.estimator.Chain}, which can roll
 * out, score, and sweep cotangents backwards; an estimator is one file that says which
 * {@link org.plumbline.spi.estimator.SweepPlan cuts} to make:
 *
 * <pre>{@code
 * public GradientEstimate estimate(Chain chain) {                       // REINFORCE with a batch baseline
 *     Trajectory sampled = chain.behaviour();
 *     double[] rewards = chain.rewards(sampled);
 *     double[] weights = Advantages.leaveOneOut(rewards);               // toolkit
 *     SweepPlan plan = SweepPlan.of(chain.program());
 *     for (int k = 0; k < chain.program().size(); k++) plan = plan.cut(k, weights);
 *     return GradientEstimate.of(chain.sweep(sampled, plan), rewards);
 * }
 * }</pre>
 *
 * <p>Conventions. k counts network calls in order of execution, 0 next to the initial noise, K-1 at the output; papers
 * count t = K - k downwards. Gradients point uphill: they are of the mean reward over the rows, (1/B) sum_i R_i. Weights
 * given to a cut and to the output are per row and not yet divided by B; the sweep divides.
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.spi.estimator;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
