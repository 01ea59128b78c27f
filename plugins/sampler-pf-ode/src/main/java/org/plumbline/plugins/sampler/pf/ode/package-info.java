/** Runge-Kutta methods on the probability flow as sampler programs. */
@NullMarked
package org.plumbline.plugins.sampler.pf.ode;

import org.jspecify.annotations.NullMarked;
