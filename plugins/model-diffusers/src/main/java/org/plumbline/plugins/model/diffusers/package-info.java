/** The plugin {@code model-diffusers}. */
@NullMarked
package org.plumbline.plugins.model.diffusers;

import org.jspecify.annotations.NullMarked;
