/** The plugin {@code dataset-digits}. */
@NullMarked
package org.plumbline.plugins.dataset.digits;

import org.jspecify.annotations.NullMarked;
