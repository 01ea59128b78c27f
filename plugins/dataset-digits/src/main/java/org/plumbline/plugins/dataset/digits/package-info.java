/**
 * The plugin {@code digits}: small pictures of handwritten digits with captions that say what can be measured on them.
 *
 * <p>{@link org.plumbline.plugins.dataset.digits.IdxFile} reads the original files,
 * {@link org.plumbline.plugins.dataset.digits.Shrink} makes 16x16 of 28x28 pixels,
 * {@link org.plumbline.plugins.dataset.digits.Stroke} measures thickness and slant,
 * {@link org.plumbline.plugins.dataset.digits.Caption} turns both into words, and
 * {@link org.plumbline.plugins.dataset.digits.DigitsDataset} puts it together.
 */
@NullMarked
package org.plumbline.plugins.dataset.digits;

import org.jspecify.annotations.NullMarked;
