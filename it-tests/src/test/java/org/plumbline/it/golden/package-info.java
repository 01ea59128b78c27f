/** Estimators of the distribution against gradients by PyTorch's automatic differentiation, through a real UNet. */
@NullMarked
package org.plumbline.it.golden;

import org.jspecify.annotations.NullMarked;
