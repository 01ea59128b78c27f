/**
 * The plugin {@code diffusers}: models in the folder layout of the diffusers library.
 *
 * <pre>
 * model_index.json                             which parts there are
 * unet/config.json                             UNet2DConditionModel, UNet2DModel, or UNet3DConditionModel for videos
 * unet/diffusion_pytorch_model.safetensors     also in shards, also in float16
 * text_encoder/config.json, model.safetensors  CLIPTextModel
 * tokenizer/vocab.json, merges.txt, tokenizer_config.json
 * scheduler/scheduler_config.json              the noise schedule, and what samplers take their defaults from
 * </pre>
 *
 * <p>{@link org.plumbline.plugins.model.diffusers.ModelFolder} reads everything but the weights. With weights it becomes a
 * {@link org.plumbline.plugins.model.diffusers.PixelModel}, without an
 * {@link org.plumbline.plugins.model.diffusers.UntrainedPixelModel}, which writes such a folder. Models without a
 * {@code vae} are supported: their latents are pixels in [-1, 1].
 */
@NullMarked
package org.plumbline.plugins.model.diffusers;

import org.jspecify.annotations.NullMarked;
