package org.plumbline.plugins.backend.reference;

/** Which input pixel of a convolution lies under which tap of the kernel at which output pixel. */
final class Columns {
    /** Taps: input channels times kernel pixels. */
    final int rows;
    /** Output pixels. */
    final int pixels;

    final int height;
    final int width;

    private final int inHeight;
    private final int inWidth;
    private final int kernel;
    private final int stride;
    private final int padding;

    Columns(int[] input, int kernel, int stride, int padding) {
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
        inHeight = input[2];
        inWidth = input[3];
        height = (inHeight + 2 * padding - kernel) / stride + 1;
        width = (inWidth + 2 * padding - kernel) / stride + 1;
        rows = input[1] * kernel * kernel;
        pixels = height * width;
    }

    /** Copies the inputs of one image; places in the padding become 0. */
    void gather(double[] images, int image, double[] columns) {
        for (int row = 0; row < rows; row++) {
            for (int y = 0; y < height; y++) {
                int to = row * pixels + y * width;
                int line = line(image, row, y);
                for (int x = 0; x < width; x++) {
                    int at = x * stride + row % kernel - padding;
                    columns[to + x] = line >= 0 && at >= 0 && at < inWidth ? images[line + at] : 0;
                }
            }
        }
    }

    /** The transpose of {@link #gather}: adds every place to the input it was copied from. */
    void scatter(double[] columns, double[] images, int image) {
        for (int row = 0; row < rows; row++) {
            for (int y = 0; y < height; y++) {
                int from = row * pixels + y * width;
                int line = line(image, row, y);
                for (int x = 0; line >= 0 && x < width; x++) {
                    int at = x * stride + row % kernel - padding;
                    if (at >= 0 && at < inWidth) {
                        images[line + at] += columns[from + x];
                    }
                }
            }
        }
    }

    /** Where the input line begins that tap {@code row} sees at output line y; -1 if it lies in the padding. */
    private int line(int image, int row, int y) {
        int channel = row / (kernel * kernel);
        int at = y * stride + row / kernel % kernel - padding;
        int channels = rows / (kernel * kernel);
        return at >= 0 && at < inHeight ? ((image * channels + channel) * inHeight + at) * inWidth : -1;
    }
}
