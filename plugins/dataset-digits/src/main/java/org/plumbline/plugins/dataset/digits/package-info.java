/**
 * The plugins {@code digits}, small pictures of handwritten digits with captions that say what can be measured on them, and
 * {@code digits-motion}, clips in which the same digits move as their captions say.
 *
 * <p>{@link org.plumbline.plugins.dataset.digits.IdxFile} reads the original files,
 * {@link org.plumbline.plugins.dataset.digits.DigitFiles} checks and divides them,
 * {@link org.plumbline.plugins.dataset.digits.Shrink} makes 16x16 of 28x28 pixels,
 * {@link org.plumbline.plugins.dataset.digits.Stroke} measures thickness and slant,
 * {@link org.plumbline.plugins.dataset.digits.Caption} turns both into words, and
 * {@link org.plumbline.plugins.dataset.digits.DigitsDataset} puts it together. For clips,
 * {@link org.plumbline.plugins.dataset.digits.Motion} says where the digit is and in which words,
 * {@link org.plumbline.plugins.dataset.digits.MovingDigit} draws it, and
 * {@link org.plumbline.plugins.dataset.digits.MotionDataset} puts it together.
 */
@NullMarked
package org.plumbline.plugins.dataset.digits;

import org.jspecify.annotations.NullMarked;
