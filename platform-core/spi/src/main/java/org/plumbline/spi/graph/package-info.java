/**
 * Networks, written once.
 *
 * <p>A network is a {@link org.plumbline.spi.graph.GraphDefinition}: a function over {@link org.plumbline.spi.graph.Ops}
 * that names its inputs and asks for its weights by name. Each compute backend brings its own interpreters of
 * {@code Ops}: one checks shapes, one writes a program for the device, one computes at once in float64. The author of a
 * network sees none of that:
 *
 * <pre>{@code
 * public <T> T build(Ops<T> ops, Map<String, T> in) {
 *     T h = ops.linear(in.get("x"), ops.weight("fc.weight", 8, 6), ops.weight("fc.bias", 8));
 *     return ops.linear(ops.tanh(h), ops.weight("out.weight", 6, 8), null);
 * }
 * }</pre>
 *
 * <p>Which weights are frozen and which are trainable is not the graph's business: whoever compiles it passes a
 * {@link org.plumbline.spi.graph.WeightSource} for the frozen ones and a
 * {@link org.plumbline.spi.graph.ParameterLayout} that names the trainable ones and packs them in one flat vector.
 *
 * <p>The first dimension of every input is the batch; it is written {@link org.plumbline.spi.graph.TensorSpec#BATCH} and
 * is never known to the graph. Values are real numbers in the precision of the session; indices (token ids) are passed as
 * real numbers too.
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.spi.graph;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
