/**
 * Pieces that several samplers share: the options stored with a model ({@link org.plumbline.toolkit.sampler.ModelSettings}),
 * timestep spacings and noise levels, output transforms, a {@link org.plumbline.toolkit.sampler.ProgramWriter writer} that
 * turns formulas into tables, and the explicit Runge-Kutta and Adams-Bashforth solvers of the probability-flow ODE as
 * sampler programs.
 */
@Export
@Version("1.3.0")
@NullMarked
package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
