/**
 * The plugin {@code reference}: networks in plain Java and double precision, the yardstick for other backends.
 *
 * <p>Where to read. {@link org.plumbline.plugins.backend.reference.ReferenceOps} interprets a graph at once, on arrays.
 * Each family of operations is one file with the forward formula and, directly below it, the hand-written
 * vector-Jacobian product: {@code Arithmetic}, {@code Elementwise}, {@code Reductions}, {@code LinearAlgebra},
 * {@code Images}, {@code Normalisation}, {@code Rearrangement}. The {@code Tape} remembers the products in order and runs
 * them backwards; it remembers nothing for values that need no gradient, so a forward pass leaves no trace. Shapes are
 * checked before, when a graph is compiled, by {@link org.plumbline.toolkit.graph.CheckedGraph}; nothing here checks them
 * again.
 *
 * <p>{@code ReferenceNetwork} cuts a batch into blocks of rows whose intermediate values stay in the processor's cache:
 * the rows of a batch never meet.
 */
@NullMarked
package org.plumbline.plugins.backend.reference;

import org.jspecify.annotations.NullMarked;
