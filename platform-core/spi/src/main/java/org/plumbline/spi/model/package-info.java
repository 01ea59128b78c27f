/**
 * Diffusion models: a denoiser, its noise schedule, what turns prompts into conditions and latents into images, and what
 * of it can be trained.
 *
 * <p>A {@link org.plumbline.spi.model.ModelLoader} reads a folder into a {@link org.plumbline.spi.model.DiffusionModel},
 * which holds graphs and weights and no device: the host compiles them on whatever backend a run uses.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.spi.model;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
