/** The plugin {@code backend-djl-pytorch}. */
@NullMarked
package org.plumbline.plugins.backend.djl.pytorch;

import org.jspecify.annotations.NullMarked;
