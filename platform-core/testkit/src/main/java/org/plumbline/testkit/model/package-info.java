/**
 * What a model loader must keep.
 *
 * <p>A loader's test extends {@link org.plumbline.testkit.model.ModelLoaderContract}, says where a small model lies, what
 * of it can be trained, and which folders must be refused:
 *
 * <pre>{@code
 * class MyLoaderTest extends ModelLoaderContract {
 *     protected ComputeBackend backend() { return new ReferenceBackend(); }
 *     protected ModelLoader loader() { return new MyLoader(); }
 *     protected Path model(Path scratch) { return Path.of("src/test/resources/tiny"); }
 *     protected List<TrainableTarget.Weights> targets() { return List.of(new TrainableTarget.Full(List.of())); }
 * }
 * }</pre>
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.model;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
