/** What only the assembled application can show. */
@NullMarked
package org.plumbline.it;

import org.jspecify.annotations.NullMarked;
