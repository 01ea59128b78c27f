/** The plugin {@code example-estimator}. */
@NullMarked
package org.plumbline.plugins.example.estimator;

import org.jspecify.annotations.NullMarked;
