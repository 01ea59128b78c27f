/**
 * Diffusion models: a denoiser, its noise schedule, what turns prompts into conditions and latents into images, and what
 * of it can be trained.
 *
 * <p>A {@link org.plumbline.spi.model.ModelLoader} reads a folder into a {@link org.plumbline.spi.model.DiffusionModel},
 * which holds graphs and weights and no device: the host compiles them on whatever backend a run uses.
 *
 * <p>A loader may also read an {@link org.plumbline.spi.model.UntrainedModel} from configurations alone. Pre-training sees
 * it as one graph and one flat vector, and writes a complete folder at the end:
 *
 * <pre>{@code
 * UntrainedModel model = loader.untrained(folder);
 * double[] theta = model.initial(seed);
 * Network network = session.compile(model.graph(), WeightSource.none(), model.layout());
 * ... // minimise |network(tokens, sample, timestep) - noise|^2 over theta
 * model.save(theta, output);
 * }</pre>
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.spi.model;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
