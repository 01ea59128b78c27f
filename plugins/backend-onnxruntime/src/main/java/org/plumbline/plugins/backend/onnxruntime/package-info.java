/**
 * The compute backend {@code onnxruntime}: networks run forward in ONNX Runtime, in float32.
 *
 * <p>From top to bottom:
 *
 * <ol>
 *   <li>{@link OnnxRuntimeBackend} is the plugin. It finds the library and the device ({@link OnnxRuntimeEngine}) and opens
 *       sessions.
 *   <li>{@link RuntimeSession} owns everything native: networks, and the memory of tensors in a {@link MemoryPool}.
 *   <li>{@link RuntimeNetwork} has a graph recorded as an ONNX model in memory
 *       ({@link org.plumbline.toolkit.onnx.OnnxRecording}), hands ONNX Runtime its frozen weights, and checks every call.
 *       Trainable parameters are inputs of the model, each a window on theta.
 *   <li>{@link BufferArena} owns {@link BufferTensor tensors}, which are buffers outside of the Java heap, and does the
 *       arithmetic between network calls in Java.
 * </ol>
 *
 * <p>In a call nothing is copied on the way: ONNX Runtime reads theta and inputs where they lie and writes its output into a buffer of
 * the arena that was passed. A buffer that an arena frees goes back to the pool of its session, so that the steps of a
 * chain after the first one allocate nothing.
 *
 * <p>ONNX Runtime as published for Java cannot differentiate: the backend is capable of
 * {@link org.plumbline.spi.backend.Capability#FORWARD} only.
 */
@NullMarked
package org.plumbline.plugins.backend.onnxruntime;

import org.jspecify.annotations.NullMarked;
