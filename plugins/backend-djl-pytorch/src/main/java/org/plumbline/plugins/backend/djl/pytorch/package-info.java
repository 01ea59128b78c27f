/**
 * The compute backend {@code djl-pytorch}: libtorch, reached through the Deep Java Library (DJL).
 *
 * <p>How a network becomes something that runs, from top to bottom:
 *
 * <ol>
 *   <li>{@link DjlPytorchBackend} is the plugin. It starts the engine ({@link PytorchEngine}) and opens sessions.
 *   <li>{@link TorchScriptOps} is an interpreter of {@code Ops} that computes nothing: every operation appends one line of
 *       TorchScript, PyTorch's small statically compiled language, and keeps what is known of its result in a
 *       {@link Symbol}.
 *   <li>{@link TorchScriptProgram} puts those lines in a class with two methods, {@code forward} and {@code vjp}. The
 *       second one differentiates the first by libtorch's automatic differentiation, within one call.
 *   <li>{@link TorchScriptArchive} writes text and weights as the file that libtorch loads; {@link TorchScriptModule} loads
 *       it and knows the rules for calling its methods.
 *   <li>{@link DjlNetwork} checks shapes and calls; {@link DjlArena} owns the {@link DjlTensor tensors} and does the
 *       arithmetic between network calls, with the kernels of {@link ArenaKernels}.
 * </ol>
 *
 * <p>Why TorchScript: one call crosses the native boundary per network call, not one per operation; the fused kernels of
 * libtorch are at hand, of which DJL's own arrays offer a part; and a vector-Jacobian product needs no state outside the
 * call, so that sessions may run in parallel. It is deprecated upstream for exporting models from Python but is part of
 * libtorch; nothing of it shows outside this package.
 */
@NullMarked
package org.plumbline.plugins.backend.djl.pytorch;

import org.jspecify.annotations.NullMarked;
