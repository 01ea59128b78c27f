/**
 * Pictures for people: images side by side as one PNG file, videos as one that moves.
 *
 * <pre>{@code
 * byte[] png = ImageGrid.of(images, 8).scaled(3).labelled(List.of("a handwritten three", "a bold seven")).png();
 * }</pre>
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.toolkit.image;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
