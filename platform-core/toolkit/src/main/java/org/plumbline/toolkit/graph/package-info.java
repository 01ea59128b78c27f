/**
 * What is known of a graph without running it.
 *
 * <p>A backend that compiles a graph first walks through it with a {@link org.plumbline.toolkit.graph.ShapeOps}, so that
 * every shape that does not fit is refused before memory is spent, in the same words whatever the backend:
 *
 * <pre>{@code
 * CheckedGraph checked = CheckedGraph.of(graph, frozen, trainable);
 * checked.output();    // [B, 4, 32, 32]
 * checked.weights();   // the weights the graph asks for, in the order in which it does
 * }</pre>
 *
 * <p>An interpreter that writes a program instead of computing keeps a {@link org.plumbline.toolkit.graph.Shape} beside
 * each of its values and asks the same {@code ShapeOps} for the shape of every result.
 *
 * <p>{@link org.plumbline.toolkit.graph.GraphCost} counts what a row costs, multiply-adds and memory, in the same way.
 */
@Export
@Version("0.2.0")
@NullMarked
package org.plumbline.toolkit.graph;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
