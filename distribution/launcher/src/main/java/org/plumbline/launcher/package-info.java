/** The command line. */
@NullMarked
package org.plumbline.launcher;

import org.jspecify.annotations.NullMarked;
