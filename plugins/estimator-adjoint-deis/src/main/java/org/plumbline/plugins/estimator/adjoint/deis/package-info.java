/** Exponential multistep solvers of the adjoint equation. */
@NullMarked
package org.plumbline.plugins.estimator.adjoint.deis;

import org.jspecify.annotations.NullMarked;
