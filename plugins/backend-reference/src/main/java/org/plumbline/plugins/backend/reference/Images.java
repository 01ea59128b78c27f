package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Window;

/** Convolution, padding, upsampling and pooling of images [batch, channels, height, width]. */
final class Images {
    private final Tape tape;

    Images(Tape tape) {
        this.tape = tape;
    }

    /**
     * Convolution as a matrix product: for one image and group, column p of a matrix holds the inputs under the kernel at
     * output pixel p, and the weight [out, in * kernel pixels] multiplies it. The columns are made again for the gradient
     * instead of being kept.
     */
    Value conv2d(Value x, Value w, @Nullable Value b, Window window, int groups) {
        int in = w.shape[1];
        Columns columns = new Columns(x.shape, in, w.shape[2], w.shape[3], window);
        int out = w.shape[0] / groups;
        int taps = columns.rows;
        int pixels = columns.pixels;
        int parts = x.shape[0] * groups;
        double[] y = new double[parts * out * pixels];
        double[] patches = new double[taps * pixels];
        for (int part = 0; part < parts; part++) {
            int group = part % groups;
            if (b != null) {
                for (int channel = 0; channel < out; channel++) {
                    int start = (part * out + channel) * pixels;
                    Arrays.fill(y, start, start + pixels, b.data[group * out + channel]);
                }
            }
            columns.gather(x.data, part / groups, group * in, 0, patches);
            Matrices.multiply(w.data, group * out * taps, patches, 0, y, part * out * pixels, out, taps, pixels);
        }
        Tape.PullBack pullBack = g -> {
            double[] work = new double[taps * pixels];
            for (int part = 0; part < parts; part++) {
                int group = part % groups;
                int start = part * out * pixels;
                int weights = group * out * taps;
                if (w.tracked) {
                    columns.gather(x.data, part / groups, group * in, 0, work);
                    double[] transposed = Matrices.transposed(work, 0, taps, pixels);
                    Matrices.multiply(g, start, transposed, 0, w.gradient(), weights, out, pixels, taps);
                }
                if (b != null && b.tracked) {
                    for (int i = 0; i < out * pixels; i++) {
                        b.gradient()[group * out + i / pixels] += g[start + i];
                    }
                }
                if (x.tracked) {
                    Arrays.fill(work, 0);
                    Matrices.multiplyTransposed(w.data, weights, g, start, work, 0, taps, out, pixels);
                    columns.scatter(work, x.gradient(), part / groups, group * in);
                }
            }
        };
        int[] shape = {x.shape[0], w.shape[0], columns.height, columns.width};
        return b == null ? tape.result(shape, y, pullBack, x, w) : tape.result(shape, y, pullBack, x, w, b);
    }

    /** Channel by channel; of equally large numbers the first tap's counts. */
    Value maxPool2d(Value x, int kernelHeight, int kernelWidth, Window window) {
        Columns columns = new Columns(x.shape, 1, kernelHeight, kernelWidth, window);
        int pixels = columns.pixels;
        int planes = x.shape[0] * x.shape[1];
        double[] y = new double[planes * pixels];
        int[] chosen = new int[planes * pixels];
        double[] taps = new double[columns.rows * pixels];
        for (int plane = 0; plane < planes; plane++) {
            columns.gather(x.data, plane / x.shape[1], plane % x.shape[1], Double.NEGATIVE_INFINITY, taps);
            for (int pixel = 0; pixel < pixels; pixel++) {
                int best = 0;
                for (int tap = 1; tap < columns.rows; tap++) {
                    double candidate = taps[tap * pixels + pixel];
                    if (candidate > taps[best * pixels + pixel] || Double.isNaN(candidate)) {
                        best = tap;
                    }
                }
                chosen[plane * pixels + pixel] = best;
                y[plane * pixels + pixel] = taps[best * pixels + pixel];
            }
        }
        Tape.PullBack pullBack = g -> {
            double[] work = new double[columns.rows * pixels];
            for (int plane = 0; plane < planes; plane++) {
                Arrays.fill(work, 0);
                for (int pixel = 0; pixel < pixels; pixel++) {
                    work[chosen[plane * pixels + pixel] * pixels + pixel] = g[plane * pixels + pixel];
                }
                columns.scatter(work, x.gradient(), plane / x.shape[1], plane % x.shape[1]);
            }
        };
        return tape.result(new int[] {x.shape[0], x.shape[1], columns.height, columns.width}, y, pullBack, x);
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
