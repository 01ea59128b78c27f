/**
 * Training from scratch: a diffusion model on captioned images, and a classifier to judge it.
 *
 * <p>{@link org.plumbline.kernel.pretrain.PretrainFile} reads what is wanted, {@link org.plumbline.kernel.pretrain.Pretrain}
 * brings the plugins together. Beneath it, {@code Training} is the loop that both kinds share (gradient, clipping, AdamW,
 * average, checkpoints); {@code DenoisingObjective} and {@code ClassifierObjective} make the batch of an iteration and say
 * what its loss is.
 *
 * <p>Everything random of iteration n comes from the key (seed, purpose, n, row), and a checkpoint holds the parameters,
 * the moments and the average in full precision: a run that was killed and resumed ends with the same bits as one that
 * was not.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.pretrain;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
