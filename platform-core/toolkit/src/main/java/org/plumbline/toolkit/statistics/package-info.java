/** Means, variances and standard errors of vectors, and the advantages that likelihood-ratio estimators use. */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.statistics;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
