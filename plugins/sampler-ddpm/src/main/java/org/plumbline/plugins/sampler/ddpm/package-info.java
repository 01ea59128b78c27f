/** DDPM as a sampler program. */
@NullMarked
package org.plumbline.plugins.sampler.ddpm;

import org.jspecify.annotations.NullMarked;
