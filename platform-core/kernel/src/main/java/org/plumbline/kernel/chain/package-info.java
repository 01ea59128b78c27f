/**
 * The recursive denoising chain on a backend session: denoiser, guidance, sampler, decoder, reward.
 *
 * <p>{@link org.plumbline.kernel.chain.ChainParts} says what a chain is made of and knows no device. A
 * {@link org.plumbline.kernel.chain.Workbench} is the same thing compiled on one session; it lives from one backend swap
 * to the next and holds nothing that could not be made again. It makes a {@link org.plumbline.kernel.chain.Rollout} for a
 * batch of prompts and a {@link org.plumbline.kernel.chain.SamplingChain} for every update on it, and it draws the images
 * of an evaluation. All state of a run, the trained vector first, lives outside in Java arrays.
 *
 * <p>The mathematics is in three files: {@link org.plumbline.kernel.chain.GuidedDenoiser} (guidance and conversion of the
 * prediction), {@code RegisterMachine} (a call of a sampler program forwards) and {@code BackwardSweep} (the transposed
 * program with cuts).
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.chain;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
