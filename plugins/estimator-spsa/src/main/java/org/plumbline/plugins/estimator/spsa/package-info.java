/** Simultaneous perturbation: the zeroth-order yardstick. */
@NullMarked
package org.plumbline.plugins.estimator.spsa;

import org.jspecify.annotations.NullMarked;
