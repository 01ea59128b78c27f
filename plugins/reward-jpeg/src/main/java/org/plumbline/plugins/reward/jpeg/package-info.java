/** The plugin {@code jpeg-compressibility}: a reward that is known only by its values. */
@NullMarked
package org.plumbline.plugins.reward.jpeg;

import org.jspecify.annotations.NullMarked;
