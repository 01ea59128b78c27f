/**
 * A small network that says what an image shows: trained by {@code plumbline pretrain}, used by rewards and by whoever
 * measures a generative model.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.classifier;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
