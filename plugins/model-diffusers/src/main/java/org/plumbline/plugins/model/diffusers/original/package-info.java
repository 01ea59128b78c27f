/**
 * Checkpoints of Stable Diffusion in one file, with the names that its authors gave the weights (the code is known as ldm).
 *
 * <pre>
 * model.diffusion_model.    input_blocks, middle_block, output_blocks, time_embed, label_emb, out
 * first_stage_model.        encoder, decoder, quant_conv, post_quant_conv
 * cond_stage_model.         transformer.text_model of version 1, model.transformer.resblocks of version 2
 * model_ema., betas, ...    what only training needs
 * </pre>
 *
 * <p>{@link org.plumbline.plugins.model.diffusers.original.OriginalNames} finds every weight of a network there, whatever
 * its size: the numbers in the names count layers, and what is counted follows from the names that the network declares.
 * {@link org.plumbline.plugins.model.diffusers.original.CheckpointKind} tells these files from others.
 */
@NullMarked
package org.plumbline.plugins.model.diffusers.original;

import org.jspecify.annotations.NullMarked;
