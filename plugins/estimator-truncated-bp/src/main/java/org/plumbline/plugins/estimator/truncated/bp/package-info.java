/** Back-propagation through the last steps of the chain, or through all of them. */
@NullMarked
package org.plumbline.plugins.estimator.truncated.bp;

import org.jspecify.annotations.NullMarked;
