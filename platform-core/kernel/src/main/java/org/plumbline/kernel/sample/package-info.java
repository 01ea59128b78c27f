/**
 * Sampling from a model that is not being trained: what {@code plumbline sample} does, and what pre-training shows of its
 * progress.
 *
 * <p>A {@link org.plumbline.kernel.sample.SampleRequest} says what is wanted; {@link org.plumbline.kernel.sample.SampleJob}
 * leases the plugins, samples block by block and gives back {@link org.plumbline.kernel.sample.Sampled}. Underneath, a
 * {@link org.plumbline.kernel.sample.Generator} is a workbench for sampling alone.
 *
 * <p>An image depends on its prompt and its seed, not on the images beside it: the noise of every image comes from its own
 * seed. What remains is the rounding of a backend whose kernels depend on the number of rows.
 *
 * <p>Images start from noise. Starting from an image (image to image, in-painting) would need an encoder beside
 * {@link org.plumbline.spi.model.ImageDecoder} in the SPI, a start at an inner call of the sampler program, and for
 * in-painting a denoiser whose declared inputs include the mask and the masked latent
 * ({@link org.plumbline.spi.model.DenoiserInput}); nothing of the chain below would change.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.sample;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
