/**
 * Files that are there completely or not at all.
 *
 * <p>{@link org.plumbline.toolkit.file.AtomicFile} and {@link org.plumbline.toolkit.file.AtomicFolder} write beside their
 * target and move the result into place, so a reader, or a run that resumes after a crash, never meets half of it.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.toolkit.file;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
