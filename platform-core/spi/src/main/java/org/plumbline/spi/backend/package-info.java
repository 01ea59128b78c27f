/**
 * Where numbers are computed.
 *
 * <p>A {@link org.plumbline.spi.backend.ComputeBackend} opens {@link org.plumbline.spi.backend.BackendSession sessions} on
 * a device. A session compiles {@linkplain org.plumbline.spi.graph.GraphDefinition graphs} to
 * {@link org.plumbline.spi.backend.Network networks}, which run forward and, where the backend declares
 * {@link org.plumbline.spi.backend.Capability#VJP}, pull a cotangent back in the same call. Tensors stay on the device;
 * they are made and owned by a {@link org.plumbline.spi.backend.TensorArena} and die with it, so nobody closes tensors one
 * by one:
 *
 * <pre>{@code
 * try (BackendSession session = backend.open();
 *         Network network = session.compile(graph, weights, layout);
 *         TensorArena arena = session.arena()) {
 *     Tensor theta = arena.tensor(initial, layout.size());
 *     Tensor x = arena.tensor(pixels, 16, 1, 28, 28);
 *     VectorJacobian pulled = network.vjp(arena, theta, Map.of("x", x), cotangent, Set.of("x"));
 *     double[] gradient = pulled.parameterGradient().toDoubles();
 * }
 * }</pre>
 *
 * <h2>Memory of two backends</h2>
 *
 * <p>Two backends that compute in float32 on the processor can work on the same numbers:
 * {@link org.plumbline.spi.backend.TensorArena#memory} says where those of a tensor lie,
 * {@link org.plumbline.spi.backend.TensorArena#view} makes a tensor of the other backend over them, and
 * {@link org.plumbline.spi.backend.Network#forwardInto} puts a result there. Ownership does not change: the tensor that
 * was there first owns the memory, and a view is closed before it. All three are optional; who uses them falls back to
 * {@link org.plumbline.spi.backend.Tensor#toDoubles}.
 *
 * <h2>What an implementation must do</h2>
 * <ul>
 *   <li>A session is confined to one thread at a time; several sessions may run in parallel.
 *   <li>The trainable parameters are one flat vector, passed to every call as a tensor; the state of a run lives in Java
 *       arrays, so a run can move to another session or backend at any step boundary.
 *   <li>The same calls give the same bits, at a fixed number of threads.
 *   <li>A tensor of another session is refused, a closed one too, as are closed arenas, networks and sessions and inputs
 *       that a graph does not have: PLUGIN_CONTRACT. Sizes that do not fit are WRONG_SHAPE. No tensor outlives its session.
 *   <li>An input that has no influence on the output has gradient zero.
 *   <li>A device that is not there is an error of code MISSING_DEVICE, never a silent fall-back.
 * </ul>
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.spi.backend;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
