/**
 * JSON configuration files of a model folder: typed reading with defaults, and refusal, by name, of options that would
 * change the computation in a way we do not have.
 */
@NullMarked
package org.plumbline.plugins.model.diffusers.config;

import org.jspecify.annotations.NullMarked;
