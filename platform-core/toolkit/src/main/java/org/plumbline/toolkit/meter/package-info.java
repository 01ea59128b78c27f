/** Measuring what a computation takes of the machine. */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.meter;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
