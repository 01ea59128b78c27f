/**
 * What a dataset must keep: its test extends {@link org.plumbline.testkit.data.DatasetContract} and returns the dataset.
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.data;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
