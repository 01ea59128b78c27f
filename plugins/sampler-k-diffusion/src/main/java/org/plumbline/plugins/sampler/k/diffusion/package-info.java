/**
 * Samplers in the variables of Karras et al. (2022): the state is y = x / alpha = x0 + S eps, the clock S = sigma / alpha,
 * and without noise dy/dS = eps. The network sees alpha y.
 */
@NullMarked
package org.plumbline.plugins.sampler.k.diffusion;

import org.jspecify.annotations.NullMarked;
