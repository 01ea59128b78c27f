package org.plumbline.plugins.reward.onnx;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.plugins.reward.onnx.Configuration.Axes;
import org.plumbline.plugins.reward.onnx.Configuration.Range;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.image.Resampling;

/**
 * From images of a run to images of a network: grey is repeated in every channel, the size changes, values are moved to
 * the range that the network knows, axes are reordered. Pixels beyond black and white are not cut off, so that they
 * keep a gradient.
 *
 * @param channels of the network
 * @param height of the network's images
 * @param width of the network's images
 */
record ImagePreparation(
        int channels,
        int height,
        int width,
        Axes axes,
        Range range,
        List<Double> mean,
        List<Double> std,
        Resampling resampling,
        boolean crop) {
    ImagePreparation {
        for (List<Double> each : List.of(mean, std)) {
            if (each.size() != 1 && each.size() != channels) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("reward 'onnx': " + each + " as mean or std of images with " + channels + " channels")
                        .available("one number, or " + channels)
                        .build();
            }
        }
    }

    /** The sizes of one image of the network, in its order of axes. */
    long[] row() {
        return axes == Axes.NCHW ? new long[] {channels, height, width} : new long[] {height, width, channels};
    }

    /**
     * The preparation of images of this shape.
     *
     * @param imageShape channels, height, width
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} if the channels do not fit
     */
    GraphDefinition graph(long[] imageShape) {
        if (imageShape.length != 3 || (imageShape[0] != channels && imageShape[0] != 1)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("reward 'onnx' was asked to score images of " + Arrays.toString(imageShape))
                    .available((channels == 1 ? "1 channel" : "1 or " + channels + " channels")
                            + ", any height and width, which are resized to " + height + "x" + width)
                    .build();
        }
        return new Prepared(this, imageShape.clone());
    }

    private <T> T prepare(Ops<T> ops, T image, long... shape) {
        T x = shape[0] == channels ? image : ops.concat(1, Collections.nCopies(channels, image));
        x = normalised(ops, resized(ops, x, Math.toIntExact(shape[1]), Math.toIntExact(shape[2])));
        return axes == Axes.NCHW ? x : ops.transpose(x, 0, 2, 3, 1);
    }

    private <T> T resized(Ops<T> ops, T x, int fromHeight, int fromWidth) {
        int scaledHeight = height;
        int scaledWidth = width;
        if (crop) {
            double factor = Math.max((double) height / fromHeight, (double) width / fromWidth);
            scaledHeight = Math.max(height, (int) Math.round(fromHeight * factor));
            scaledWidth = Math.max(width, (int) Math.round(fromWidth * factor));
        }
        T result = x;
        if (fromHeight != height || scaledHeight != height) {
            double[] rows = resampling.matrix(fromHeight, scaledHeight, height);
            result = ops.matmul(ops.constant(rows, height, fromHeight), result);
        }
        if (fromWidth != width || scaledWidth != width) {
            double[] columns = resampling.matrix(fromWidth, scaledWidth, width);
            T transposed = ops.transpose(ops.constant(columns, width, fromWidth), 1, 0);
            result = ops.matmul(result, transposed);
        }
        return result;
    }

    private <T> T normalised(Ops<T> ops, T x) {
        double[] factors = new double[channels];
        double[] terms = new double[channels];
        for (int c = 0; c < channels; c++) {
            factors[c] = range.factor() / std.get(Math.min(c, std.size() - 1));
            terms[c] = (range.black() - mean.get(Math.min(c, mean.size() - 1))) / std.get(Math.min(c, std.size() - 1));
        }
        T scaled = Arrays.stream(factors).allMatch(f -> f == 1) ? x : ops.mul(x, ops.constant(factors, channels, 1, 1));
        return Arrays.stream(terms).allMatch(t -> t == 0)
                ? scaled
                : ops.add(scaled, ops.constant(terms, channels, 1, 1));
    }

    private record Prepared(ImagePreparation preparation, long[] imageShape) implements GraphDefinition {
        @Override
        public String name() {
            return "image preparation";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec(
                    DifferentiableRewardModel.IMAGE, TensorSpec.BATCH, imageShape[0], imageShape[1], imageShape[2]));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T image = Objects.requireNonNull(inputs.get(DifferentiableRewardModel.IMAGE));
            return preparation.prepare(ops, image, imageShape);
        }
    }
}
