/**
 * Pieces that several samplers share: timestep spacings, output transforms, and the explicit Runge-Kutta and
 * Adams-Bashforth solvers of the probability-flow ODE as sampler programs.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
