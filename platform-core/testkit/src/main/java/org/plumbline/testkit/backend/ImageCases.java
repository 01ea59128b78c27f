package org.plumbline.testkit.backend;

import static org.plumbline.testkit.backend.LinearAlgebraCases.sum;

import java.util.List;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;
import org.plumbline.testkit.backend.OperationCase.Operands;

/** Convolution, pooling, padding and normalisation. */
final class ImageCases {
    /** Different in both directions and on all sides. */
    private static final Window GENERAL = new Window(1, 2, 2, 1, 2, 1, 0, 1);

    /** Numbers on a coarse grid, so that the small moves of finite differences do not change which one is the largest. */
    private static final Draw SPREAD = random -> random.nextInt(-2000, 2000) / 64.0;

    private ImageCases() {}

    static List<OperationCase> all() {
        return List.of(
                OperationCase.of("conv2d 3x3 that keeps the size", ImageCases::convSame)
                        .input("x", 2, 4, 5)
                        .weight("w", 3, 2, 3, 3)
                        .weight("b", 3)
                        .expecting((in, i) -> in.at("b", i[1]) + convolved(in, 1, 1, i)),
                OperationCase.of("conv2d 3x3 with stride 2", ImageCases::convStrided)
                        .input("x", 2, 6, 5)
                        .weight("w", 3, 2, 3, 3)
                        .weight("b", 3)
                        .expecting((in, i) -> in.at("b", i[1]) + convolved(in, 2, 1, i)),
                OperationCase.of("conv2d 3x3 with stride 2 on a padded image", ImageCases::convPadded)
                        .input("x", 2, 4, 4)
                        .weight("w", 2, 2, 3, 3)
                        .weight("b", 2)
                        .expecting((in, i) -> in.at("b", i[1]) + convolved(in, 2, 0, i)),
                OperationCase.of("conv2d 1x1 without bias", ImageCases::convPointwise)
                        .input("x", 3, 2, 3)
                        .weight("w", 4, 3, 1, 1)
                        .expecting((in, i) -> convolved(in, 1, 0, i)),
                OperationCase.of("conv2d 4x4 patches", ImageCases::convPatches)
                        .input("x", 1, 8, 4)
                        .weight("w", 2, 1, 4, 4)
                        .weight("b", 2)
                        .expecting((in, i) -> in.at("b", i[1]) + convolved(in, 4, 0, i)),
                OperationCase.of("conv2d in groups with a rectangular, dilated kernel", ImageCases::convGeneral)
                        .input("x", 4, 6, 5)
                        .weight("w", 6, 2, 3, 2)
                        .weight("b", 6)
                        .expecting((in, i) -> in.at("b", i[1]) + convolved(in, GENERAL, 2, i)),
                OperationCase.of("conv2d of each channel by itself", ImageCases::convDepthwise)
                        .input("x", 3, 4, 4)
                        .weight("w", 3, 1, 3, 3)
                        .expecting((in, i) -> convolved(in, Window.of(1, 1), 3, i)),
                OperationCase.of("maxPool2d", ImageCases::maxPool)
                        .input("x", SPREAD, 2, 4, 6)
                        .expecting((in, i) -> largest(in, 2, 3, new Window(2, 3, 1, 1, 0, 0, 0, 0), i)),
                OperationCase.of("maxPool2d with padding and overlap", ImageCases::maxPoolPadded)
                        .input("x", SPREAD, 1, 5, 6)
                        .expecting((in, i) -> largest(in, 3, 3, Window.of(2, 1), i)),
                OperationCase.of("maxPool2d with uneven padding and dilation", ImageCases::maxPoolGeneral)
                        .input("x", SPREAD, 2, 5, 4)
                        .expecting((in, i) -> largest(in, 3, 2, GENERAL, i)),
                OperationCase.of("pad2d", ImageCases::pad)
                        .input("x", 2, 2, 3)
                        .expecting((in, i) -> pixel(in, i[0], i[1], i[2] - 3, i[3] - 1)),
                OperationCase.of("upsampleNearest2x", ImageCases::upsample)
                        .input("x", 2, 2, 3)
                        .expecting((in, i) -> in.at("x", i[0], i[1], i[2] / 2, i[3] / 2)),
                OperationCase.of("avgPool2d", ImageCases::pool)
                        .input("x", 2, 6, 3)
                        .expecting((in, i) ->
                                sum(3, k -> sum(3, l -> in.at("x", i[0], i[1], 3 * i[2] + k, 3 * i[3] + l))) / 9),
                OperationCase.of("groupNorm of an image", ImageCases::groupNorm)
                        .input("x", 4, 3, 2)
                        .weight("gamma", 4)
                        .weight("beta", 4)
                        .expecting((in, i) -> groupNormalised(in, 2, i)),
                OperationCase.of("groupNorm of a sequence", ImageCases::groupNorm)
                        .input("x", 4, 3)
                        .weight("gamma", 4)
                        .weight("beta", 4)
                        .expecting((in, i) -> groupNormalised(in, 2, i)),
                OperationCase.of("groupNorm with one group", ImageCases::groupNormOne)
                        .input("x", 3, 2, 2)
                        .weight("gamma", 3)
                        .weight("beta", 3)
                        .expecting((in, i) -> groupNormalised(in, 3, i)),
                OperationCase.of("layerNorm", ImageCases::layerNorm)
                        .input("x", 2, 5)
                        .weight("gamma", 5)
                        .weight("beta", 5)
                        .expecting((in, i) -> layerNormalised(in, i)));
    }

    // ---- formulas

    /** A pixel, or zero outside. */
    private static double pixel(Values in, int row, int channel, int y, int x) {
        boolean inside = y >= 0 && y < in.size("x", 2) && x >= 0 && x < in.size("x", 3);
        return inside ? in.at("x", row, channel, y, x) : 0;
    }

    private static double convolved(Values in, int stride, int padding, int[] i) {
        return convolved(in, Window.of(stride, padding), 1, i);
    }

    private static double convolved(Values in, Window window, int groups, int[] i) {
        int channels = in.size("w", 1);
        int first = i[1] / (in.size("w", 0) / groups) * channels;
        return sum(
                channels,
                c -> sum(
                        in.size("w", 2),
                        k -> sum(
                                in.size("w", 3),
                                l -> in.at("w", i[1], c, k, l)
                                        * pixel(in, i[0], first + c, row(window, i, k), column(window, i, l)))));
    }

    private static double largest(Values in, int height, int width, Window window, int[] i) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < height; k++) {
            for (int l = 0; l < width; l++) {
                int y = row(window, i, k);
                int x = column(window, i, l);
                if (y >= 0 && y < in.size("x", 2) && x >= 0 && x < in.size("x", 3)) {
                    largest = Math.max(largest, in.at("x", i[0], i[1], y, x));
                }
            }
        }
        return largest;
    }

    private static int row(Window window, int[] i, int tap) {
        return i[2] * window.strideY() + tap * window.dilationY() - window.top();
    }

    private static int column(Window window, int[] i, int tap) {
        return i[3] * window.strideX() + tap * window.dilationX() - window.left();
    }

    /** Groups of {@code size} channels. */
    private static double groupNormalised(Values in, int size, int[] i) {
        int height = in.size("x", 2);
        boolean image = i.length == 4;
        int width = image ? in.size("x", 3) : 1;
        int first = i[1] / size * size;
        Pixels x = (c, y, z) -> image ? in.at("x", i[0], c, y, z) : in.at("x", i[0], c, y);
        double count = (double) size * height * width;
        double mean = sum(size, c -> sum(height, y -> sum(width, z -> x.at(first + c, y, z)))) / count;
        double variance =
                sum(size, c -> sum(height, y -> sum(width, z -> Math.pow(x.at(first + c, y, z) - mean, 2)))) / count;
        return in.at("beta", i[1]) + in.at("gamma", i[1]) * (in.at("x", i) - mean) / Math.sqrt(variance + 1e-3);
    }

    private static double layerNormalised(Values in, int[] i) {
        int size = in.size("x", 2);
        double mean = sum(size, k -> in.at("x", i[0], i[1], k)) / size;
        double variance = sum(size, k -> Math.pow(in.at("x", i[0], i[1], k) - mean, 2)) / size;
        return in.at("beta", i[2]) + in.at("gamma", i[2]) * (in.at("x", i) - mean) / Math.sqrt(variance + 1e-3);
    }

    private interface Pixels {
        double at(int channel, int y, int x);
    }

    // ---- graphs

    private static <T> T convSame(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), in.get("b"), 1, 1);
    }

    private static <T> T convStrided(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), in.get("b"), 2, 1);
    }

    private static <T> T convPadded(Ops<T> ops, Operands<T> in) {
        // On the right and below only, as autoencoders downsample.
        T padded = ops.pad2d(in.get("x"), 0, 1, 0, 1);
        return ops.conv2d(padded, in.get("w"), in.get("b"), 2, 0);
    }

    private static <T> T convPointwise(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), null, 1, 0);
    }

    private static <T> T convPatches(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), in.get("b"), 4, 0);
    }

    private static <T> T convGeneral(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), in.get("b"), GENERAL, 2);
    }

    private static <T> T convDepthwise(Ops<T> ops, Operands<T> in) {
        return ops.conv2d(in.get("x"), in.get("w"), null, Window.of(1, 1), 3);
    }

    private static <T> T maxPool(Ops<T> ops, Operands<T> in) {
        return ops.maxPool2d(in.get("x"), 2, 3, new Window(2, 3, 1, 1, 0, 0, 0, 0));
    }

    private static <T> T maxPoolPadded(Ops<T> ops, Operands<T> in) {
        return ops.maxPool2d(in.get("x"), 3, 3, Window.of(2, 1));
    }

    private static <T> T maxPoolGeneral(Ops<T> ops, Operands<T> in) {
        return ops.maxPool2d(in.get("x"), 3, 2, GENERAL);
    }

    private static <T> T pad(Ops<T> ops, Operands<T> in) {
        return ops.pad2d(in.get("x"), 1, 2, 3, 0);
    }

    private static <T> T upsample(Ops<T> ops, Operands<T> in) {
        return ops.upsampleNearest2x(in.get("x"));
    }

    private static <T> T pool(Ops<T> ops, Operands<T> in) {
        return ops.avgPool2d(in.get("x"), 3);
    }

    private static <T> T groupNorm(Ops<T> ops, Operands<T> in) {
        return ops.groupNorm(in.get("x"), 2, in.get("gamma"), in.get("beta"), 1e-3);
    }

    private static <T> T groupNormOne(Ops<T> ops, Operands<T> in) {
        return ops.groupNorm(in.get("x"), 1, in.get("gamma"), in.get("beta"), 1e-3);
    }

    private static <T> T layerNorm(Ops<T> ops, Operands<T> in) {
        return ops.layerNorm(in.get("x"), in.get("gamma"), in.get("beta"), 1e-3);
    }
}
