package org.plumbline.spi.reward;

import java.util.Arrays;
import java.util.List;

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

    /**
     * The images of several batches, one after the other.
     *
     * @param batches at least one, all of one shape
     */
    public static ImageBatch concat(List<ImageBatch> batches) {
        ImageBatch first = batches.get(0);
        int rows = 0;
        int size = 0;
        for (ImageBatch batch : batches) {
            if (batch.channels != first.channels || batch.height != first.height || batch.width != first.width) {
                throw new IllegalArgumentException("batches of images of different shapes");
            }
            rows += batch.rows;
            size += batch.pixels.length;
        }
        double[] pixels = new double[size];
        int at = 0;
        for (ImageBatch batch : batches) {
            System.arraycopy(batch.pixels, 0, pixels, at, batch.pixels.length);
            at += batch.pixels.length;
        }
        return new ImageBatch(pixels, rows, first.channels, first.height, first.width);
    }

    /** One of the images alone. */
    public ImageBatch row(int row) {
        int size = pixels.length / rows;
        return new ImageBatch(Arrays.copyOfRange(pixels, row * size, (row + 1) * size), 1, channels, height, width);
    }

    /** A pixel, limited to [0, 1]. */
    public double pixel(int row, int channel, int y, int x) {
        double value = pixels[((row * channels + channel) * height + y) * width + x];
        return Math.min(1, Math.max(0, value));
    }
}
