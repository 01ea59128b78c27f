/** Reward feedback learning: the reward of the clean sample predicted at one late step. */
@NullMarked
package org.plumbline.plugins.estimator.refl;

import org.jspecify.annotations.NullMarked;
