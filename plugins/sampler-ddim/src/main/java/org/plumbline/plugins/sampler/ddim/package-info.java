/** The plugin {@code sampler-ddim}. */
@NullMarked
package org.plumbline.plugins.sampler.ddim;

import org.jspecify.annotations.NullMarked;
