/** Optional help for plugin authors. */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.toolkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
