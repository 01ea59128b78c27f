package org.plumbline.spi.reward;

/**
 * Images in memory. The array belongs to the record and must not be changed.
 *
 * @param pixels row-major [rows, channels, height, width]; black is 0, white is 1, values outside are possible
 * @param rows number of images
 * @param channels 1 for grey, 3 for RGB
 * @param height in pixels
 * @param width in pixels
 */
public record ImageBatch(double[] pixels, int rows, int channels, int height, int width) {
    public ImageBatch {
        if (pixels.length != (long) rows * channels * height * width) {
            throw new IllegalArgumentException(
                    pixels.length + " values for " + rows + " images of " + channels + "x" + height + "x" + width);
        }
    }

    /** A pixel, limited to [0, 1]. */
    public double pixel(int row, int channel, int y, int x) {
        double value = pixels[((row * channels + channel) * height + y) * width + x];
        return Math.min(1, Math.max(0, value));
    }
}
