/** The plugin {@code estimator-policy-gradient}. */
@NullMarked
package org.plumbline.plugins.estimator.policy.gradient;

import org.jspecify.annotations.NullMarked;
