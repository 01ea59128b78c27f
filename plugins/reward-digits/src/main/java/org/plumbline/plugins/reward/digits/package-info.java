/** The plugin {@code reward-digits}. */
@NullMarked
package org.plumbline.plugins.reward.digits;

import org.jspecify.annotations.NullMarked;
