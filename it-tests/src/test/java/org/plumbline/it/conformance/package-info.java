/**
 * The estimators of the distribution on its backends: against gradients by PyTorch's automatic differentiation through a
 * real UNet, and every one against itself in float64 on problems in closed form.
 */
@NullMarked
package org.plumbline.it.conformance;

import org.jspecify.annotations.NullMarked;
