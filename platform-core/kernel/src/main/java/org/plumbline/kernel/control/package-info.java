/**
 * Talking to a run from another process of the same user, on the same machine.
 *
 * <p>A run that can be controlled listens on a {@link org.plumbline.kernel.control.ControlSocket}, a Unix domain socket in
 * a folder that only its user may enter. A {@link org.plumbline.kernel.control.ControlClient} sends one request per
 * connection, one line of JSON, and reads the answer, several lines of JSON:
 *
 * <pre>
 *   > {"command": "swap", "backend": {"id": "djl-pytorch", "rollouts": {"id": "onnxruntime"}}}
 *   &lt; {"say": "ordered; the run goes over at its next step"}
 *   &lt; {"say": "Backend swapped (requested) in 'rlr', seed 1, after update 12 ..."}
 *   &lt; {"end": 0}
 * </pre>
 *
 * <p>{@code end} is the exit code that the command has; a failure carries its message as {@code failure}. Commands:
 * {@code status}; {@code swap} with the section of a study that names a backend.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.control;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
