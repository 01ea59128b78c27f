/** What is done to rewards before their gradients are used. */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.reward;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
