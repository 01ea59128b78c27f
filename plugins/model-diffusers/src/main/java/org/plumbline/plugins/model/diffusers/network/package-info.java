/**
 * The networks of a diffusers folder, each written once over {@link org.plumbline.spi.graph.Ops}.
 *
 * <p>A network is built in two steps. First, from its configuration, a tree of layers comes into being inside a
 * {@link org.plumbline.plugins.model.diffusers.network.Scope}; every layer declares there the weights it owns, by the names
 * that they have in the files, and how they start before training. The declarations are what a file is checked against,
 * what is trained, and what is initialised. Then, whenever a backend compiles the network, the tree is applied to the
 * inputs.
 *
 * <p>{@link org.plumbline.plugins.model.diffusers.network.DenoiserConfig} is what the assembly of a model sees of a
 * denoiser; {@link org.plumbline.plugins.model.diffusers.network.UNet} is one for images,
 * {@link org.plumbline.plugins.model.diffusers.network.UNet3D} one for videos.
 *
 * <p>Read {@link org.plumbline.plugins.model.diffusers.network.UNet} first, then the blocks it is made of, then
 * {@link org.plumbline.plugins.model.diffusers.network.ClipTextModel}.
 */
@NullMarked
package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.NullMarked;
