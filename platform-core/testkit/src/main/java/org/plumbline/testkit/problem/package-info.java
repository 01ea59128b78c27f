/**
 * The problems on which the contracts run, and the files they are read from.
 *
 * <p>A {@link org.plumbline.testkit.problem.Problem} is a small network, a sampler program, a reward and what is trained.
 * The built-in ones are JSON files among the resources of this package. Further ones are the files
 * {@code problems/*.json} of the folder that {@code -Dplumbline.golden=<folder>} names: every contract that runs on the
 * built-in problems runs on them as well, so that a new toy needs no code.
 *
 * <pre>{@code
 * {
 *   "about":   "what it is for",
 *   "network": "tanh-chain",                              tanh-chain, linear-gaussian, gaussian-mixture, conditioned-mlp
 *   "dimensions": 3,                                      tanh-chain and linear-gaussian only
 *   "weights": {"W": [[0.4, 0.7, -0.2], ...]},            values by name; the network's own where absent
 *   "train":   ["W"],                                     weights whose names contain one of these; all where absent
 *   "prompts": {"a": [0.9, 0.3], "b": [-0.4, 0.8]},       conditions, for networks that take one
 *   "guidance": 1.7,                                      1 where absent
 *   "chain":   {"calls": 6, "keep": 0.8, "output": 0.5, "memory": 0.25, "noise": 0.3},
 *   "sampler": {"calls": 6, "from": 0.05, "to": 0.9, "eta": 1},
 *   "reward":  {"offset": 2, "factor": 1, "centre": [0.96, 0.17, -0.8]},
 *   "seed":    20240229,
 *   "gradient": [0.1, ...]                                of the expected reward, where it is known exactly
 * }
 * }</pre>
 *
 * <table>
 *   <caption>Keys that need words</caption>
 *   <tr><th>key</th><th>meaning</th></tr>
 *   <tr><td>network</td><td>{@link org.plumbline.toolkit.problem.TanhChain},
 *       {@link org.plumbline.toolkit.problem.LinearGaussian}, {@link org.plumbline.toolkit.problem.GaussianMixture},
 *       {@link org.plumbline.toolkit.problem.ConditionedMlp}: their documentation names the weights</td></tr>
 *   <tr><td>chain</td><td>x' = keep x + output m + memory m_prev + noise z, for any network; memory 0, or absent, makes
 *       a sampler of one register, anything else the cut toy's sampler of two</td></tr>
 *   <tr><td>sampler</td><td>in the place of {@code chain}: DDIM between two values of alpha-bar, its levels evenly spaced in
 *       the logarithm of the signal-to-noise ratio; eta 1 is ancestral sampling, 0 has no noise</td></tr>
 *   <tr><td>reward</td><td>R = offset - factor |x - centre|^2</td></tr>
 *   <tr><td>gradient</td><td>flat, in the order of the trained weights; for linear-gaussian it is computed, and a given one
 *       must agree</td></tr>
 * </table>
 *
 * <p>Where the network is linear every chain is Gaussian: {@link org.plumbline.testkit.problem.GaussianTruth} then knows
 * the gradient of the expected reward exactly, for any program, without a sample.
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.problem;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
