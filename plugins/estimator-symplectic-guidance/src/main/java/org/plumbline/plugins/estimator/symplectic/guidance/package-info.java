/** Exact gradients of a few steps in the place of the rest of the chain. */
@NullMarked
package org.plumbline.plugins.estimator.symplectic.guidance;

import org.jspecify.annotations.NullMarked;
