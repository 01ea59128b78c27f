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
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.toolkit.onnx;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
