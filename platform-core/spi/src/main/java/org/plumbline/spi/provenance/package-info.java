/**
 * What a result can say of its origin: which plugin, of which version, with which configuration, after which paper. It is
 * collected by the host; a plugin only states its citations.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.spi.provenance;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
