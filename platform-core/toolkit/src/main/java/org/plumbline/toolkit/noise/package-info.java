/**
 * Random numbers that depend on what they are for and on nothing else.
 *
 * <p>A {@link org.plumbline.toolkit.noise.NoiseStream} is a counter-based generator (Philox4x32-10) whose start is
 * computed from a seed, a purpose and a few indices. Two streams of one key are equal, whichever thread, backend or
 * order draws them; so noise is never stored, only its key.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.noise;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
