/**
 * What a compute backend must keep.
 *
 * <p>A backend's test extends {@link org.plumbline.testkit.backend.BackendContract} and returns the backend:
 *
 * <pre>{@code
 * class MyBackendTest extends BackendContract {
 *     @Override
 *     protected ComputeBackend backend() {
 *         return new MyBackend();
 *     }
 * }
 * }</pre>
 *
 * <p>Every operation is compared with a formula that is written down a second time, element by element, beside the
 * operation; its gradients are compared with finite differences of that formula in float64. So the expectations do not
 * depend on any backend, and the same contract holds for float32 and float64. How close the numbers must be follows from
 * {@link org.plumbline.spi.backend.Capability#FLOAT64}.
 */
@Export
@Version("0.3.0")
@NullMarked
package org.plumbline.testkit.backend;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
