/**
 * Backends made of backends.
 *
 * <p>{@link org.plumbline.kernel.backend.CompositeBackend} runs networks forward on one backend and pulls gradients back on
 * another:
 *
 * <pre>{@code
 * try (ComputeBackend both = new CompositeBackend(djlPytorch, onnxRuntime);
 *         BackendSession session = both.open()) { ... }
 * }</pre>
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.backend;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
