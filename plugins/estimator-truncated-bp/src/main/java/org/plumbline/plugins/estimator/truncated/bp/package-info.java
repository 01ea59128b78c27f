/** The plugin {@code estimator-truncated-bp}. */
@NullMarked
package org.plumbline.plugins.estimator.truncated.bp;

import org.jspecify.annotations.NullMarked;
