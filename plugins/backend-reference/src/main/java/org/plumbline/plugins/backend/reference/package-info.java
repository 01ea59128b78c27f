/** The plugin {@code backend-reference}. */
@NullMarked
package org.plumbline.plugins.backend.reference;

import org.jspecify.annotations.NullMarked;
