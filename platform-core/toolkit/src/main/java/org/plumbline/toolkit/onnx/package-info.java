/**
 * Graphs as ONNX files, for programs outside Plumbline, and in memory, for a runtime inside.
 *
 * <pre>{@code
 * AtomicFile.write(path, OnnxModel.of(classifier.graph(), weights));
 * }</pre>
 *
 * <p>{@link org.plumbline.toolkit.onnx.OnnxRecording} is the same for a runtime in this process: its parameters are inputs,
 * and its frozen weights are handed over in memory.
 *
 * <p>{@link org.plumbline.toolkit.onnx.OnnxModel} walks through a graph with an interpreter that records one ONNX node, or
 * a few, per operation. The file format is Protocol Buffers; what of it is needed here is so little that it is written by
 * hand. Operator set 21, so that any runtime since 2024 reads it.
 *
 * <h2>Reading</h2>
 *
 * <p>The other way round, a file of anybody's becomes a graph, and so gains a gradient:
 *
 * <pre>{@code
 * OnnxGraph graph = OnnxGraph.of(OnnxFile.read(path), "image_embeds", Map.of("pixel_values", new long[] {3, 224, 224}));
 * Network network = session.compile(graph, graph.weights(), ParameterLayout.empty());
 * }</pre>
 *
 * <p>{@link org.plumbline.toolkit.onnx.OnnxFile} is what the bytes say: nodes, weights, inputs and outputs.
 * {@link org.plumbline.toolkit.onnx.OnnxGraph} walks through the nodes that an output needs. A value on the way is one of
 * three things:
 *
 * <ul>
 *   <li><i>Numbers</i> that are known while the file is read: weights, constants, and all that exporters compute with
 *       sizes. They are computed at once. The batch is not known, so a size is a number or a multiple of the batch.
 *   <li>A <i>tensor</i> of the graph. Exporters join the batch with other axes, for example with the heads of an
 *       attention. Here the joined axes stay apart in the tensor and are one only in the file's view, so that the rows of
 *       a batch never meet.
 *   <li>An <i>address</i>: one place per row, such as the last token of a text. Picking it is a sum over marked places,
 *       which every backend has.
 * </ul>
 *
 * <p>Large weights are never computed with while reading; they reach the backend as they lie in the file. Operators that
 * jump, such as Round, have no useful gradient and are missing on purpose; all that are missing are named in one message.
 * Read are operator sets 13 to 23, tensors of float32, float16, bfloat16, float64, int64, int32, uint8 and bool, also in
 * external files in the folder of the model. Tested are exports of torch, old and new: image and text towers of CLIP,
 * vision transformers, CNNs with groups, dilation, uneven padding and pooling, and heads on top of them.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.toolkit.onnx;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
