/** The plugin {@code reward-jpeg}. */
@NullMarked
package org.plumbline.plugins.reward.jpeg;

import org.jspecify.annotations.NullMarked;
