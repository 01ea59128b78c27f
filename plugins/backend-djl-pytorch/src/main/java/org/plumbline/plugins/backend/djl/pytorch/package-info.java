/**
 * The compute backend {@code djl-pytorch}: libtorch, reached through the Deep Java Library (DJL).
 *
 * <p>How a network becomes something that runs, from top to bottom:
 *
 * <ol>
 *   <li>{@link DjlPytorchBackend} is the plugin. It starts the engine ({@link PyTorchEngine}) and opens sessions.
 *   <li>{@link TorchScriptOps} is an interpreter of {@code Ops} that computes nothing: every operation appends one line of
 *       TorchScript, PyTorch's small statically compiled language, and keeps what is known of its result in a
 *       {@link Symbol}. {@link SegmentRecorder} decides in which precision an operation is done, and to which
 *       {@link Segment} it belongs.
 *   <li>{@link TorchScriptProgram} puts those lines in a class with two methods, {@code forward} and {@code vjp}. The
 *       second one differentiates by libtorch's automatic differentiation, within one call, segment by segment. What is the
 *       same for every network is in {@link TorchScriptText}.
 *   <li>{@link TorchScriptArchive} writes text and weights as the file that libtorch loads; {@link TorchScriptModule} loads
 *       it and knows the rules for calling its methods.
 *   <li>{@link DjlNetwork} checks shapes; {@link RowCall} divides the rows of a call among {@link RowWorkers};
 *       {@link DjlArena} owns the {@link DjlTensor tensors} and does the arithmetic between network calls, with the kernels
 *       of {@link ArenaKernels}. {@link LibtorchFailure} says what libtorch's complaints mean.
 * </ol>
 *
 * <p>Why TorchScript: one call crosses the native boundary per network call, not one per operation; the fused kernels of
 * libtorch are at hand, of which DJL's own arrays offer a part; and a vector-Jacobian product needs no state outside the
 * call, so that sessions may run in parallel. It is deprecated upstream for exporting models from Python but is part of
 * libtorch; nothing of it shows outside this package.
 *
 * <h2>What the settings do to numbers</h2>
 *
 * <p>The same settings give the same bits. {@code threads} changes the last bits of gradients; {@code workers} also those
 * of outputs, since libtorch has other kernels for batches of another size. {@code recompute: segments} gives the same
 * outputs in float32, and gradients that differ by rounding where a value is used in several segments. {@code precision}: the rule of PyTorch's autocast. Products of matrices, convolutions and attention
 * round operands and results to the low precision; norms, softmax, exponentials, logarithms and sums are float32; everything
 * else is as precise as its most precise operand. Parameters and gradients cross the border of the network in float32;
 * frozen weights that only products use are stored in the low precision. In float16 the cotangent is scaled by a power of
 * two, the same for all rows, so that small gradients do not vanish.
 *
 * <h2>Another libtorch, for example for CUDA</h2>
 *
 * <p>The environment variable {@code PYTORCH_LIBRARY_PATH} names a folder with the libraries of libtorch and the
 * {@code libdjl_torch} that was built for it. DJL publishes that one, in its jar {@code pytorch-jni} under
 * {@code jnilib/linux-x86_64/<flavor>/}, for libtorch 2.7.1 with the flavors {@code cpu} and {@code cu128}; for another
 * version it has to be built from DJL's sources. {@code PYTORCH_VERSION} (2.7.1 unless set) and {@code PYTORCH_FLAVOR}
 * (cu128) say what it is:
 *
 * <pre>{@code
 * PYTORCH_LIBRARY_PATH=/opt/libtorch/lib PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128 ./plumbline study ...
 * }</pre>
 *
 * <p>{@code NVIDIA_TF32_OVERRIDE=0}, which the launcher sets unless told otherwise, keeps convolutions in float32 on cards
 * that would round them to TF32; without it the description of the backend says so.
 *
 * <p>A libtorch of another version, one without CUDA, a missing driver and a card that is not there are refused by name
 * before a run ({@link Libtorch}); nothing ever falls back to the CPU.
 */
@NullMarked
package org.plumbline.plugins.backend.djl.pytorch;

import org.jspecify.annotations.NullMarked;
