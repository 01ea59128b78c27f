/**
 * Two rewards on small images of strokes: {@code digit-classifier}, how clearly an image shows the digit that was asked
 * for, and {@code stroke-weight}, how thick, how slanted or how black its strokes are. Both are networks over
 * {@link org.plumbline.spi.graph.Ops} and therefore have gradients on every backend that has.
 */
@NullMarked
package org.plumbline.plugins.reward.digits;

import org.jspecify.annotations.NullMarked;
