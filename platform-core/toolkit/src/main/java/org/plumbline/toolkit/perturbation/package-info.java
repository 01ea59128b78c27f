/**
 * Derivatives with respect to parameters from rewards alone: random
 * {@linkplain org.plumbline.toolkit.perturbation.RandomDirections directions} and the
 * {@linkplain org.plumbline.toolkit.perturbation.ZerothOrder differences} of rewards along them.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.perturbation;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
