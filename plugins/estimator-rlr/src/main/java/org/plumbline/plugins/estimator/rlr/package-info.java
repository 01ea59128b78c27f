/** The recursive likelihood ratio estimator: first, half and zeroth order on parts of one chain. */
@NullMarked
package org.plumbline.plugins.estimator.rlr;

import org.jspecify.annotations.NullMarked;
