package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Convolution, padding, upsampling and pooling of images [batch, channels, height, width]. */
final class Images {
    private final Tape tape;

    Images(Tape tape) {
        this.tape = tape;
    }

    /**
     * Convolution as a matrix product: for one image, column p of a matrix holds the inputs under the kernel at output
     * pixel p, and the weight [out, in * kernel * kernel] multiplies it. The columns are made again for the gradient
     * instead of being kept.
     */
    Value conv2d(Value x, Value w, @Nullable Value b, int stride, int padding) {
        Columns columns = new Columns(x.shape, w.shape[2], stride, padding);
        int batch = x.shape[0];
        int out = w.shape[0];
        int taps = columns.rows;
        int pixels = columns.pixels;
        double[] y = new double[batch * out * pixels];
        double[] patches = new double[taps * pixels];
        for (int image = 0; image < batch; image++) {
            if (b != null) {
                for (int channel = 0; channel < out; channel++) {
                    int start = (image * out + channel) * pixels;
                    Arrays.fill(y, start, start + pixels, b.data[channel]);
                }
            }
            columns.gather(x.data, image, patches);
            Matrices.multiply(w.data, 0, patches, 0, y, image * out * pixels, out, taps, pixels);
        }
        Tape.PullBack pullBack = g -> {
            double[] work = new double[taps * pixels];
            for (int image = 0; image < batch; image++) {
                int start = image * out * pixels;
                if (w.tracked) {
                    columns.gather(x.data, image, work);
                    double[] transposed = Matrices.transposed(work, 0, taps, pixels);
                    Matrices.multiply(g, start, transposed, 0, w.gradient(), 0, out, pixels, taps);
                }
                if (b != null && b.tracked) {
                    for (int i = 0; i < out * pixels; i++) {
                        b.gradient()[i / pixels] += g[start + i];
                    }
                }
                if (x.tracked) {
                    Arrays.fill(work, 0);
                    Matrices.multiplyTransposed(w.data, 0, g, start, work, 0, taps, out, pixels);
                    columns.scatter(work, x.gradient(), image);
                }
            }
        };
        int[] shape = {batch, out, columns.height, columns.width};
        return b == null ? tape.result(shape, y, pullBack, x, w) : tape.result(shape, y, pullBack, x, w, b);
    }

    Value pad2d(Value x, int left, int right, int top, int bottom) {
        int height = x.shape[2];
        int width = x.shape[3];
        int wide = width + left + right;
        int high = height + top + bottom;
        int images = x.shape[0] * x.shape[1];
        double[] y = new double[images * high * wide];
        for (int line = 0; line < images * height; line++) {
            System.arraycopy(
                    x.data, line * width, y, (line / height * high + top + line % height) * wide + left, width);
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int line = 0; line < images * height; line++) {
                int from = (line / height * high + top + line % height) * wide + left;
                for (int i = 0; i < width; i++) {
                    into[line * width + i] += g[from + i];
                }
            }
        };
        return tape.result(new int[] {x.shape[0], x.shape[1], high, wide}, y, pullBack, x);
    }

    Value upsampleNearest2x(Value x) {
        int width = x.shape[3];
        int lines = x.data.length / width;
        double[] y = new double[4 * x.data.length];
        for (int line = 0; line < lines; line++) {
            int to = 4 * line * width;
            for (int i = 0; i < width; i++) {
                y[to + 2 * i] = x.data[line * width + i];
                y[to + 2 * i + 1] = x.data[line * width + i];
            }
            System.arraycopy(y, to, y, to + 2 * width, 2 * width);
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int line = 0; line < lines; line++) {
                for (int i = 0; i < width; i++) {
                    int above = 4 * line * width + 2 * i;
                    int below = above + 2 * width;
                    into[line * width + i] += g[above] + g[above + 1] + g[below] + g[below + 1];
                }
            }
        };
        return tape.result(new int[] {x.shape[0], x.shape[1], 2 * x.shape[2], 2 * width}, y, pullBack, x);
    }

    Value avgPool2d(Value x, int kernel) {
        int width = x.shape[3];
        int narrow = width / kernel;
        int lines = x.data.length / width;
        double share = 1.0 / (kernel * kernel);
        double[] y = new double[lines / kernel * narrow];
        for (int line = 0; line < lines; line++) {
            for (int i = 0; i < width; i++) {
                y[line / kernel * narrow + i / kernel] += share * x.data[line * width + i];
            }
        }
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int line = 0; line < lines; line++) {
                for (int i = 0; i < width; i++) {
                    into[line * width + i] += share * g[line / kernel * narrow + i / kernel];
                }
            }
        };
        return tape.result(new int[] {x.shape[0], x.shape[1], x.shape[2] / kernel, narrow}, y, pullBack, x);
    }
}
