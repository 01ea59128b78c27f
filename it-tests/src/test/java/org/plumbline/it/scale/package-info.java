/** Models in full size: what they cost by counting, and that one of them runs in the memory of a small machine. */
@NullMarked
package org.plumbline.it.scale;

import org.jspecify.annotations.NullMarked;
