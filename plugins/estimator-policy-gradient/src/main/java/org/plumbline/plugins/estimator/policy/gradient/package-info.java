/** The sampling chain as a policy: score-function and clipped surrogate gradients. */
@NullMarked
package org.plumbline.plugins.estimator.policy.gradient;

import org.jspecify.annotations.NullMarked;
