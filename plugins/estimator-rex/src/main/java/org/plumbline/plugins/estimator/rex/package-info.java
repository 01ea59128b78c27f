/** Exact gradients of a reversible solver. */
@NullMarked
package org.plumbline.plugins.estimator.rex;

import org.jspecify.annotations.NullMarked;
