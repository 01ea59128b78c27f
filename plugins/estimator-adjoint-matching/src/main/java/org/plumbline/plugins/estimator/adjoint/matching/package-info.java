/** Regression of the control on the lean adjoint. */
@NullMarked
package org.plumbline.plugins.estimator.adjoint.matching;

import org.jspecify.annotations.NullMarked;
