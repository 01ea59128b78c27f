/** The plugin {@code sampler-flow-matching}. */
@NullMarked
package org.plumbline.plugins.sampler.flow.matching;

import org.jspecify.annotations.NullMarked;
