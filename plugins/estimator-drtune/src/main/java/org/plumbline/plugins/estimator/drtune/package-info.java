/** Deep reward tuning: equally spaced steps with the denoiser's input detached. */
@NullMarked
package org.plumbline.plugins.estimator.drtune;

import org.jspecify.annotations.NullMarked;
