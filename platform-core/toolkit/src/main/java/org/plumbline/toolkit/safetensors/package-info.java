/**
 * Reads and writes safetensors files: named arrays behind a JSON header.
 *
 * <p>The format: eight bytes with the length n of the header (little-endian), n bytes of JSON
 * {@code {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"format": "pt"}}}, then the
 * values, little-endian and row-major, without gaps. See <a
 * href="https://github.com/huggingface/safetensors">its description</a>.
 *
 * <pre>{@code
 * try (SafetensorsFile file = SafetensorsFile.open(path)) {
 *     float[] values = file.floats("conv_in.weight");
 * }
 * SafetensorsWriter.create().metadata("format", "pt").add("x", new float[6], 2, 3).write(path);
 * }</pre>
 */
@Export
@Version("1.3.0")
@NullMarked
package org.plumbline.toolkit.safetensors;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
