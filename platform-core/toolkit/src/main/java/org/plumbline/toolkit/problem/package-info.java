/**
 * Small problems whose answers are known.
 *
 * <p>Each denoiser is a {@link org.plumbline.toolkit.problem.ClosedFormDenoiser}: a graph, the values of its weights, and
 * the names of those that are trained. Latents follow the conventions of images, [batch, d, 1, 1].
 *
 * <table>
 *   <caption>The problems</caption>
 *   <tr><th>denoiser</th><th>inputs</th><th>what is known</th></tr>
 *   <tr><td>{@link org.plumbline.toolkit.problem.TanhChain}</td><td>sample</td>
 *       <td>its chain has 10 noisy steps and 16 parameters: cheap enough for millions of samples</td></tr>
 *   <tr><td>{@link org.plumbline.toolkit.problem.ConditionedMlp}</td><td>sample, timestep, condition, sigma</td>
 *       <td>gradients of its probability flow to all digits, recorded</td></tr>
 *   <tr><td>{@link org.plumbline.toolkit.problem.GaussianMixture}</td><td>sample, condition, alpha, sigma</td>
 *       <td>the exact noise prediction for a mixture of three Gaussians, its density</td></tr>
 *   <tr><td>{@link org.plumbline.toolkit.problem.LinearGaussian}</td><td>sample, alpha, sigma</td>
 *       <td>the exact noise prediction for one Gaussian; it is linear, so every chain of it is Gaussian</td></tr>
 *   <tr><td>{@link org.plumbline.toolkit.problem.GaussianFlow}</td><td>sample, alpha, sigma</td>
 *       <td>the exact velocity of flow matching for the same Gaussian, and with it the flow</td></tr>
 * </table>
 *
 * <p>{@link org.plumbline.toolkit.problem.QuadraticReward} scores latents, and
 * {@link org.plumbline.toolkit.problem.ClosedFormModel} turns a denoiser into a complete model with prompts:
 *
 * <pre>{@code
 * TanhChain toy = TanhChain.standard();
 * DiffusionModel model = ClosedFormModel.of(toy, schedule);
 * SamplerProgram program = toy.program(10);
 * DifferentiableRewardModel reward = QuadraticReward.around(toy.target());
 * }</pre>
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.toolkit.problem;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
