/**
 * The plugin {@code diffusers}: models in the folder layout of the diffusers library; and the plugin {@code clip-score}, a
 * reward from a folder that holds both networks of CLIP
 * ({@link org.plumbline.plugins.model.diffusers.ClipScore}).
 *
 * <pre>
 * model_index.json                             which parts there are
 * unet/config.json                             UNet2DConditionModel, UNet2DModel, or UNet3DConditionModel for videos
 * unet/diffusion_pytorch_model.safetensors     also in shards, also in float16
 * text_encoder/config.json, model.safetensors  CLIPTextModel or CLIPTextModelWithProjection
 * tokenizer/vocab.json, merges.txt, tokenizer_config.json
 * text_encoder_2, tokenizer_2                  of models that read a prompt with two networks
 * vae/config.json, diffusion_pytorch_model.safetensors  AutoencoderKL, if latents are not pixels
 * scheduler/scheduler_config.json              the noise schedule, and what samplers take their defaults from
 * </pre>
 *
 * <p>{@link org.plumbline.plugins.model.diffusers.ModelFolder} reads everything but the weights, and
 * {@link org.plumbline.plugins.model.diffusers.Prompting} joins what makes conditions of prompts. With weights it becomes a
 * {@link org.plumbline.plugins.model.diffusers.FolderModel}, without an
 * {@link org.plumbline.plugins.model.diffusers.UntrainedFolderModel}, which writes such a folder. Of models without a
 * {@code vae} the latents are pixels in [-1, 1]. A denoiser that is conditioned on classes takes the number of a class as
 * its prompt.
 *
 * <p>An {@link org.plumbline.plugins.model.diffusers.ImportedFolder} is made of a checkpoint in one file, whose names are
 * those of its authors; the package {@code original} knows them.
 */
@NullMarked
package org.plumbline.plugins.model.diffusers;

import org.jspecify.annotations.NullMarked;
