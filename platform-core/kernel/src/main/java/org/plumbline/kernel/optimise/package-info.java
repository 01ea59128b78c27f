/**
 * What turns gradients into new parameters: {@link org.plumbline.kernel.optimise.AdamW}, a
 * {@link org.plumbline.kernel.optimise.LearningRateSchedule}, clipping and an
 * {@link org.plumbline.kernel.optimise.ExponentialAverage} of the parameters.
 *
 * <p>All of it works on flat {@code double[]} vectors in Java memory, so the state of a run does not depend on a backend
 * and can be written down and read back bit by bit.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.optimise;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
