/**
 * Files of low-rank adapters in the forms of diffusers, peft and kohya; see
 * {@link org.plumbline.spi.model.AdapterForm}.
 *
 * <p>{@link org.plumbline.plugins.model.diffusers.adapter.AdapterFile} finds the form by itself and gives, for every layer,
 * its rank, its alpha and its two matrices. {@link org.plumbline.plugins.model.diffusers.adapter.AdapterWriter} writes any
 * form. What is written is read back to the last bit, so that the samples are the same:
 *
 * <ul>
 *   <li>Matrices are float32, which is what networks multiply.
 *   <li>peft and kohya carry alpha, so the matrices are written as they are.
 *   <li>diffusers' file has no alpha, and its readers take alpha = rank; the second matrix is written times alpha / rank.
 *       Where a product needs more digits than float32 has (alpha / rank is no power of two) the matrix is float64, which
 *       torch rounds when it loads it. The header keeps alpha, and reading divides by it and rounds to float32: the number
 *       that was there before.
 * </ul>
 */
@NullMarked
package org.plumbline.plugins.model.diffusers.adapter;

import org.jspecify.annotations.NullMarked;
