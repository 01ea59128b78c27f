/** What a terminal shows: tables, and how far the work is. */
@NullMarked
package org.plumbline.launcher.console;

import org.jspecify.annotations.NullMarked;
