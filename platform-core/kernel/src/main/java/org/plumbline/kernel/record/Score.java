package org.plumbline.kernel.record;

/**
 * A mean over images.
 *
 * @param mean in the unit of what was measured
 * @param standardError of the mean; NaN for a single image
 */
public record Score(double mean, double standardError) {}
