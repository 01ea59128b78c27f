/** Adjoint sensitivity on the probability-flow ODE. */
@NullMarked
package org.plumbline.plugins.estimator.adjoint.dpm;

import org.jspecify.annotations.NullMarked;
