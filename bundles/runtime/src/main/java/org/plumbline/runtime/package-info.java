/** Turns annotated classes of plugin bundles into services. */
@NullMarked
package org.plumbline.runtime;

import org.jspecify.annotations.NullMarked;
