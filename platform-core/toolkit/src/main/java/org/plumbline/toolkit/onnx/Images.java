package org.plumbline.toolkit.onnx;

import java.util.Arrays;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Convolution, pooling, padding and upsampling of images. */
final class Images<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;

    Images(Tensors<T> tensors) {
        this.ops = tensors.ops();
        this.tensors = tensors;
    }

    void register(Interpreter.Registry<T> registry) {
        registry.one("Conv", this::convolution);
        registry.one("MaxPool", this::maxPool);
        registry.one("AveragePool", this::averagePool);
        registry.one("GlobalAveragePool", call -> global(call, false));
        registry.one("GlobalMaxPool", call -> global(call, true));
        registry.one("Pad", this::pad);
        registry.one("Resize", this::upsample);
    }

    private Operand<T> convolution(Call<T> call) {
        Operand<T> x = call.in(0);
        Layout weight = call.in(1).layout();
        image(x);
        image(call.in(1));
        int kernelHeight = (int) weight.number(2);
        int kernelWidth = (int) weight.number(3);
        Window window = window(call, x.layout(), kernelHeight, kernelWidth);
        int groups = (int) call.node().integer("group", 1);
        T w = tensors.full(call.in(1));
        T b = call.has(2) ? tensors.full(call.in(2)) : null;
        T image = tensors.full(x);
        boolean plain =
                groups == 1 && kernelHeight == kernelWidth && window.equals(Window.of(window.strideY(), window.top()));
        T result = plain
                ? ops.conv2d(image, w, b, window.strideY(), window.top())
                : ops.conv2d(image, w, b, window, groups);
        return tensors.result(x.type(), places(x.layout(), weight.axis(0), window, kernelHeight, kernelWidth), result);
    }

    private static Layout places(Layout x, Dimension channels, Window window, int kernelHeight, int kernelWidth) {
        return x.with(1, channels)
                .with(2, Dimension.of(window.height(x.number(2), kernelHeight)))
                .with(3, Dimension.of(window.width(x.number(3), kernelWidth)));
    }

    private Operand<T> maxPool(Call<T> call) {
        Operand<T> x = call.in(0);
        image(x);
        if (call.node().outputs().size() > 1) {
            throw new Refusal("it says where the largest numbers are");
        }
        long[] kernel = kernel(call);
        Window window = window(call, x.layout(), (int) kernel[0], (int) kernel[1]);
        Layout layout = places(x.layout(), x.layout().axis(1), window, (int) kernel[0], (int) kernel[1]);
        return tensors.result(
                x.type(), layout, ops.maxPool2d(tensors.full(x), (int) kernel[0], (int) kernel[1], window));
    }

    /** A convolution of each channel by itself, divided by how many numbers lie under the kernel. */
    private Operand<T> averagePool(Call<T> call) {
        Operand<T> x = call.in(0);
        image(x);
        int height = (int) kernel(call)[0];
        int width = (int) kernel(call)[1];
        if (call.node().integer("ceil_mode", 0) != 0) {
            throw new Refusal("it has ceil_mode");
        }
        Window window = window(call, x.layout(), height, width);
        Layout layout = places(x.layout(), x.layout().axis(1), window, height, width);
        boolean plain = height == width
                && window.equals(Window.of(height, 0))
                && x.layout().number(2) % height == 0
                && x.layout().number(3) % width == 0;
        if (plain) {
            return tensors.result(x.type(), layout, ops.avgPool2d(tensors.full(x), height));
        }
        int channels = (int) x.layout().number(1);
        double[] weight = new double[channels * height * width];
        Arrays.fill(weight, 1.0 / (height * width));
        T mean = ops.conv2d(tensors.full(x), ops.constant(weight, channels, 1, height, width), null, window, channels);
        boolean padded = window.top() + window.left() + window.bottom() + window.right() > 0;
        if (padded && call.node().integer("count_include_pad", 0) == 0) {
            mean = ops.mul(
                    mean,
                    ops.constant(shares(x.layout(), window, height, width), 1, 1, size(layout, 2), size(layout, 3)));
        }
        return tensors.result(x.type(), layout, mean);
    }

    private static long size(Layout layout, int axis) {
        return layout.number(axis);
    }

    /** How many times larger a kernel is than the part of it that lies on the image. */
    private static double[] shares(Layout x, Window window, int height, int width) {
        int high = (int) window.height(x.number(2), height);
        int wide = (int) window.width(x.number(3), width);
        double[] shares = new double[high * wide];
        for (int i = 0; i < shares.length; i++) {
            int first = i / wide * window.strideY() - window.top();
            int left = i % wide * window.strideX() - window.left();
            int rows = inside(first, window.dilationY(), height, x.number(2));
            int columns = inside(left, window.dilationX(), width, x.number(3));
            shares[i] = (double) height * width / (rows * columns);
        }
        return shares;
    }

    private static int inside(int first, int dilation, int kernel, long size) {
        int count = 0;
        for (int tap = 0; tap < kernel; tap++) {
            int at = first + tap * dilation;
            count += at >= 0 && at < size ? 1 : 0;
        }
        return Math.max(1, count);
    }

    private Operand<T> global(Call<T> call, boolean largest) {
        Operand<T> x = call.in(0);
        image(x);
        int height = (int) x.layout().number(2);
        int width = (int) x.layout().number(3);
        Layout layout = x.layout().with(2, Dimension.ONE).with(3, Dimension.ONE);
        T image = tensors.full(x);
        return tensors.result(
                x.type(),
                layout,
                largest ? ops.maxPool2d(image, height, width, Window.of(1, 0)) : ops.mean(image, true, 2, 3));
    }

    private Operand<T> pad(Call<T> call) {
        Operand<T> x = call.in(0);
        long[] pads = call.integers("pads", 1);
        boolean zero = !call.has(2) || call.numbers(2).single() == 0;
        if (pads == null || !zero || !call.node().text("mode", "constant").equals("constant") || call.has(3)) {
            throw new Refusal("it pads with something other than zeros");
        }
        if (Arrays.stream(pads).allMatch(side -> side == 0)) {
            return x;
        }
        image(x);
        if (pads[0] != 0
                || pads[1] != 0
                || pads[4] != 0
                || pads[5] != 0
                || Arrays.stream(pads).anyMatch(p -> p < 0)) {
            throw new Refusal("it pads other axes than height and width, or cuts");
        }
        Layout layout = x.layout()
                .with(2, Dimension.of(x.layout().number(2) + pads[2] + pads[6]))
                .with(3, Dimension.of(x.layout().number(3) + pads[3] + pads[7]));
        T padded = ops.pad2d(tensors.full(x), (int) pads[3], (int) pads[7], (int) pads[2], (int) pads[6]);
        return tensors.result(x.type(), layout, padded);
    }

    /** Only the doubling that networks use between their blocks. */
    private Operand<T> upsample(Call<T> call) {
        Operand<T> x = call.in(0);
        image(x);
        OnnxNode node = call.node();
        boolean doubles = call.has(2)
                ? Arrays.equals(call.numbers(2).values(), new double[] {1, 1, 2, 2})
                : call.has(3)
                        && call.numbers(3).values()[2] == 2.0 * x.layout().number(2)
                        && call.numbers(3).values()[3] == 2.0 * x.layout().number(3);
        boolean floor = node.text("nearest_mode", "round_prefer_floor").equals("floor")
                && node.text("coordinate_transformation_mode", "half_pixel").equals("asymmetric");
        if (!doubles || !node.text("mode", "nearest").equals("nearest") || !floor) {
            throw new Refusal("it resizes otherwise than by repeating every pixel twice");
        }
        Layout layout = x.layout()
                .with(2, Dimension.of(2 * x.layout().number(2)))
                .with(3, Dimension.of(2 * x.layout().number(3)));
        return tensors.result(x.type(), layout, ops.upsampleNearest2x(tensors.full(x)));
    }

    private void image(Operand<T> x) {
        if (x.layout().rank() != 4 || x instanceof Operand.Address<T>) {
            throw new Refusal("it is about " + x.layout() + ", which is not an image [batch, channels, height, width]");
        }
        boolean first = x instanceof Numbers<T> || x.layout().axis(0).equals(Dimension.BATCH);
        if (!first) {
            throw new Refusal("the first size of " + x.layout() + " is not the batch");
        }
    }

    private static <T> long[] kernel(Call<T> call) {
        long[] kernel = call.node().integers("kernel_shape");
        if (kernel.length != 2) {
            throw new Refusal("its kernel has " + kernel.length + " sizes");
        }
        return kernel;
    }

    private static <T> Window window(Call<T> call, Layout x, int kernelHeight, int kernelWidth) {
        OnnxNode node = call.node();
        long[] strides = node.integers("strides", 1, 1);
        long[] dilations = node.integers("dilations", 1, 1);
        long[] pads = node.integers("pads", 0, 0, 0, 0);
        String automatic = node.text("auto_pad", "NOTSET");
        if (automatic.startsWith("SAME")) {
            boolean upper = automatic.equals("SAME_UPPER");
            long[] vertical = same(x.number(2), kernelHeight, strides[0], dilations[0], upper);
            long[] horizontal = same(x.number(3), kernelWidth, strides[1], dilations[1], upper);
            pads = new long[] {vertical[0], horizontal[0], vertical[1], horizontal[1]};
        } else if (automatic.equals("VALID")) {
            pads = new long[4];
        }
        if (node.integer("ceil_mode", 0) != 0) {
            pads[2] += more(
                    x.number(2) + pads[0] + pads[2], pads[0] + x.number(2), kernelHeight, strides[0], dilations[0]);
            pads[3] +=
                    more(x.number(3) + pads[1] + pads[3], pads[1] + x.number(3), kernelWidth, strides[1], dilations[1]);
        }
        return new Window(
                (int) strides[0],
                (int) strides[1],
                (int) dilations[0],
                (int) dilations[1],
                (int) pads[0],
                (int) pads[1],
                (int) pads[2],
                (int) pads[3]);
    }

    /** Padding before and behind that makes as many places as there are strides in the image. */
    private static long[] same(long size, long kernel, long stride, long dilation, boolean upper) {
        long places = (size + stride - 1) / stride;
        long all = Math.max(0, (places - 1) * stride + dilation * (kernel - 1) + 1 - size);
        return upper ? new long[] {all / 2, all - all / 2} : new long[] {all - all / 2, all / 2};
    }

    /** Padding behind for one more place, where the last one would begin on the image but not end on it. */
    private static long more(long padded, long end, long kernel, long stride, long dilation) {
        long rest = padded - dilation * (kernel - 1) - 1;
        long over = rest % stride;
        long begin = (rest / stride + 1) * stride;
        return over == 0 || begin >= end ? 0 : stride - over;
    }
}
