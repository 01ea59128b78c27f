/** The plugin {@code estimator-rlr}. */
@NullMarked
package org.plumbline.plugins.estimator.rlr;

import org.jspecify.annotations.NullMarked;
