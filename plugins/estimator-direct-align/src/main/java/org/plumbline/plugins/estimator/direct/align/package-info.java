/** Direct-Align and semantic relative preference optimisation. */
@NullMarked
package org.plumbline.plugins.estimator.direct.align;

import org.jspecify.annotations.NullMarked;
