package org.plumbline.plugins.backend.reference;

import org.plumbline.spi.graph.Window;

/** Which input pixel of a window lies under which tap of the kernel at which output pixel, for some of the channels. */
final class Columns {
    /** Taps: channels times kernel pixels. */
    final int rows;
    /** Output pixels. */
    final int pixels;

    final int height;
    final int width;

    private final int inChannels;
    private final int inHeight;
    private final int inWidth;
    private final int kernelHeight;
    private final int kernelWidth;
    private final Window window;

    /** Of {@code channels} channels at a time out of those of the input. */
    Columns(int[] input, int channels, int kernelHeight, int kernelWidth, Window window) {
        this.kernelHeight = kernelHeight;
        this.kernelWidth = kernelWidth;
        this.window = window;
        inChannels = input[1];
        inHeight = input[2];
        inWidth = input[3];
        height = Math.toIntExact(window.height(inHeight, kernelHeight));
        width = Math.toIntExact(window.width(inWidth, kernelWidth));
        rows = channels * kernelHeight * kernelWidth;
        pixels = height * width;
    }

    /** Copies the inputs of one image from a first channel on; places in the padding become {@code outside}. */
    void gather(double[] images, int image, int first, double outside, double[] columns) {
        for (int row = 0; row < rows; row++) {
            for (int y = 0; y < height; y++) {
                int to = row * pixels + y * width;
                int line = line(image, first, row, y);
                for (int x = 0; x < width; x++) {
                    int at = column(row, x);
                    columns[to + x] = line >= 0 && at >= 0 && at < inWidth ? images[line + at] : outside;
                }
            }
        }
    }

    /** The transpose of {@link #gather}: adds every place to the input it was copied from. */
    void scatter(double[] columns, double[] images, int image, int first) {
        for (int row = 0; row < rows; row++) {
            for (int y = 0; y < height; y++) {
                int from = row * pixels + y * width;
                int line = line(image, first, row, y);
                for (int x = 0; line >= 0 && x < width; x++) {
                    int at = column(row, x);
                    if (at >= 0 && at < inWidth) {
                        images[line + at] += columns[from + x];
                    }
                }
            }
        }
    }

    /** Where the input line begins that tap {@code row} sees at output line y; -1 if it lies in the padding. */
    private int line(int image, int first, int row, int y) {
        int channel = first + row / (kernelHeight * kernelWidth);
        int at = y * window.strideY() + row / kernelWidth % kernelHeight * window.dilationY() - window.top();
        return at >= 0 && at < inHeight ? ((image * inChannels + channel) * inHeight + at) * inWidth : -1;
    }

    private int column(int row, int x) {
        return x * window.strideX() + row % kernelWidth * window.dilationX() - window.left();
    }
}
