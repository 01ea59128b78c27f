package org.plumbline.spi.reward;

import java.util.Arrays;
import java.util.List;

/**
 * Images or videos in memory. The array belongs to the record and must not be changed.
 *
 * @param pixels row-major [rows, channels, frames, height, width]; black is 0, white is 1, values outside are possible
 * @param rows number of images or videos
 * @param channels 1 for grey, 3 for RGB
 * @param frames of each video; 1 for images
 * @param height in pixels
 * @param width in pixels
 */
public record ImageBatch(double[] pixels, int rows, int channels, int frames, int height, int width) {
    public ImageBatch {
        if (pixels.length != (long) rows * channels * frames * height * width) {
            throw new IllegalArgumentException(pixels.length + " values for " + rows + " images of " + channels + "x"
                    + (frames == 1 ? "" : frames + "x") + height + "x" + width);
        }
    }

    /**
     * The images or videos of several batches, one after the other.
     *
     * @param batches at least one, all of one shape
     */
    public static ImageBatch concat(List<ImageBatch> batches) {
        ImageBatch first = batches.get(0);
        int rows = 0;
        int size = 0;
        for (ImageBatch batch : batches) {
            if (batch.channels != first.channels
                    || batch.frames != first.frames
                    || batch.height != first.height
                    || batch.width != first.width) {
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
        return new ImageBatch(pixels, rows, first.channels, first.frames, first.height, first.width);
    }

    /** One of the images alone. */
    public ImageBatch row(int row) {
        int size = pixels.length / rows;
        return new ImageBatch(
                Arrays.copyOfRange(pixels, row * size, (row + 1) * size), 1, channels, frames, height, width);
    }

    /** Still images, [rows, channels, height, width]. */
    public ImageBatch(double[] pixels, int rows, int channels, int height, int width) {
        this(pixels, rows, channels, 1, height, width);
    }

    /**
     * Images or videos of a shape.
     *
     * @param shape channels, height, width; or channels, frames, height, width
     */
    public static ImageBatch of(double[] pixels, int rows, long... shape) {
        if (shape.length != 3 && shape.length != 4) {
            throw new IllegalArgumentException("an image has 3 sizes and a video 4, not " + shape.length);
        }
        return new ImageBatch(
                pixels,
                rows,
                Math.toIntExact(shape[0]),
                shape.length == 4 ? Math.toIntExact(shape[1]) : 1,
                Math.toIntExact(shape[shape.length - 2]),
                Math.toIntExact(shape[shape.length - 1]));
    }

    /** A pixel of an image, or of the first frame of a video, limited to [0, 1]. */
    public double pixel(int row, int channel, int y, int x) {
        return pixel(row, channel, 0, y, x);
    }

    /** A pixel of a frame, limited to [0, 1]. */
    public double pixel(int row, int channel, int frame, int y, int x) {
        double value = pixels[(((row * channels + channel) * frames + frame) * height + y) * width + x];
        return Math.min(1, Math.max(0, value));
    }

    /** One frame of each video, counted from 0, as still images. */
    public ImageBatch still(int frame) {
        int size = height * width;
        double[] chosen = new double[rows * channels * size];
        for (int plane = 0; plane < rows * channels; plane++) {
            System.arraycopy(pixels, (plane * frames + frame) * size, chosen, plane * size, size);
        }
        return new ImageBatch(chosen, rows, channels, height, width);
    }
}
