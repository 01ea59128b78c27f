/** The last denoising step on the sample and on copies of it that were noised again. */
@NullMarked
package org.plumbline.plugins.estimator.draft.lv;

import org.jspecify.annotations.NullMarked;
