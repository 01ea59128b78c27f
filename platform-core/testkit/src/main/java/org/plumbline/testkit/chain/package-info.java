/**
 * The sampling chain as one graph, for independent answers to what a chain computes step by step.
 *
 * <p>{@link org.plumbline.testkit.chain.UnrolledChain} writes all calls of a sampler program, the decoder and the reward
 * into one graph, from noise to rewards. Its vector-Jacobian product is back-propagation through the stored graph of the
 * whole chain: the textbook gradient, and the memory that replaying the steps saves.
 * {@link org.plumbline.testkit.chain.StoredGraph} runs it on a backend:
 *
 * <pre>{@code
 * try (StoredGraph chain = StoredGraph.open(backend, parts, program)) {
 *     double[] expected = chain.pull(batch, theta).gradient();
 * }
 * }</pre>
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.chain;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
