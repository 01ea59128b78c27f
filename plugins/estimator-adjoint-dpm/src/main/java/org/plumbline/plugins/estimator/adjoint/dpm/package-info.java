/** The plugin {@code estimator-adjoint-dpm}. */
@NullMarked
package org.plumbline.plugins.estimator.adjoint.dpm;

import org.jspecify.annotations.NullMarked;
