/**
 * Images and videos with captions, for pre-training. A dataset is a plugin; {@code plumbline pretrain} draws batches from it.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.spi.data;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
