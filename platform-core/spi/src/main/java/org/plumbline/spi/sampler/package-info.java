/**
 * Samplers as tables.
 *
 * <p>Every sampler we know (diffusers: "scheduler") is linear in its state, in the network's outputs and in the noise; only
 * the network is nonlinear. So a {@link org.plumbline.spi.sampler.Sampler} does not sample: it writes a
 * {@link org.plumbline.spi.sampler.SamplerProgram}, a list of {@link org.plumbline.spi.sampler.SamplerCall calls}. With
 * registers Y = (y_1 .. y_R) of the latent's shape, y_1 the state and the others what later calls need, call k is
 *
 * <pre>
 *   u_k     = c_k (w_k . Y_k)                        input of the network
 *   h_k     = P(net(u_k, t_k), u_k)                  the wanted quantity, eps or x0: affine in both
 *   m_k     = T(h_k)                                 an optional output transform, such as clipping
 *   Y_{k+1} = A_k Y_k + b_k m_k + r_k h_k + s_k z_k  z_k ~ N(0, I), noise enters y_1 only
 * </pre>
 *
 * starting from y_1 = initScale * z and zeros, and ending with x_0 = e . Y_K. From this table the host derives the update,
 * the exact discrete adjoint (one transposed step and one vector-Jacobian product per call), the log-probability of every
 * noisy step and its score: a sampler's author writes numbers and gets every gradient estimator.
 *
 * <p>DDIM, for one register and m = eps: A = sqrt(abar'/abar), b = sqrt(1 - abar' - s^2) - sqrt(abar' (1 - abar) / abar).
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.spi.sampler;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
