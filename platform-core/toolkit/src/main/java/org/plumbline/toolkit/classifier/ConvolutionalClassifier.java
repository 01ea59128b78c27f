package org.plumbline.toolkit.classifier;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/**
 * Four convolutions of 3x3 with rectifiers, the second and the fourth with stride 2, then two linear layers.
 *
 * <pre>
 *   image -> conv1 (width) -> conv2 (2 width, /2) -> conv3 (2 width) -> conv4 (4 width, /2) -> fc1 (hidden) -> fc2
 * </pre>
 *
 * <p>Without pooling or dropout it is piecewise linear in the image, so that its log-probabilities have useful gradients
 * everywhere. All sizes can be read off the weights. Immutable.
 *
 * @param channels channels of an image
 * @param side height and width of an image, a multiple of 4
 * @param width channels of the first convolution
 * @param hidden size of the first linear layer
 * @param classes number of classes
 */
public record ConvolutionalClassifier(int channels, int side, int width, int hidden, int classes) {
    /** The graph input that takes images [batch, channels, side, side]; black is 0, white is 1. */
    public static final String IMAGE = "image";

    private static final int KERNEL = 3;

    public ConvolutionalClassifier {
        if (channels < 1 || side < 4 || side % 4 != 0 || width < 1 || hidden < 1 || classes < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a classifier for images of " + channels + "x" + side + "x" + side + " with width " + width
                            + ", " + hidden + " hidden units and " + classes + " classes")
                    .available("sides that are multiples of 4; positive sizes; at least 2 classes")
                    .build();
        }
    }

    /**
     * The classifier that these weights belong to.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} if there are none, or
     *     {@link StandardError#WRONG_SHAPE} if no classifier has weights of these shapes
     */
    public static ConvolutionalClassifier of(WeightSource weights) {
        long[] first = weights.shape("conv1.weight");
        long[] linear = weights.shape("fc1.weight");
        long[] last = weights.shape("fc2.weight");
        if (first.length == 4 && linear.length == 2 && last.length == 2 && first[0] > 0) {
            long quarter = Math.round(Math.sqrt((double) linear[1] / (4 * first[0])));
            ConvolutionalClassifier found = new ConvolutionalClassifier(
                    (int) first[1], (int) (4 * quarter), (int) first[0], (int) linear[0], (int) last[0]);
            boolean fits = found.layout().entries().stream()
                    .allMatch(entry -> Arrays.equals(entry.shape(), weights.shape(entry.name())));
            if (fits) {
                return found;
            }
        }
        throw PlumblineException.of(StandardError.WRONG_SHAPE)
                .asked("weights conv1.weight " + Arrays.toString(first) + ", fc1.weight " + Arrays.toString(linear)
                        + ", fc2.weight " + Arrays.toString(last) + " are not those of a classifier for square images")
                .remedy("use a file that plumbline pretrain wrote for kind: classifier")
                .build();
    }

    /** Channels, height, width of an image. */
    public long[] imageShape() {
        return new long[] {channels, side, side};
    }

    /** {@link #IMAGE} to the logarithms of the class probabilities, [batch, classes]. */
    public GraphDefinition graph() {
        return new LogProbabilities(this);
    }

    /**
     * The part of {@link #graph()} after its inputs, for graphs that classify on their way.
     *
     * @param image [batch, channels, side, side]; black is 0, white is 1
     * @return [batch, classes]
     */
    public <T> T logProbabilities(Ops<T> ops, T image) {
        T h = ops.shift(ops.scale(image, 2), -1);
        h = convolution(ops, h, "conv1", channels, width, 1);
        h = convolution(ops, h, "conv2", width, 2 * width, 2);
        h = convolution(ops, h, "conv3", 2 * width, 2 * width, 1);
        h = convolution(ops, h, "conv4", 2 * width, 4 * width, 2);
        h = ops.reshape(h, TensorSpec.BATCH, flattened());
        h = ops.relu(ops.linear(h, ops.weight("fc1.weight", hidden, flattened()), ops.weight("fc1.bias", hidden)));
        return ops.logSoftmax(
                ops.linear(h, ops.weight("fc2.weight", classes, hidden), ops.weight("fc2.bias", classes)));
    }

    /** How the weights lie in one flat vector. */
    public ParameterLayout layout() {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        addConvolution(layout, "conv1", channels, width);
        addConvolution(layout, "conv2", width, 2 * width);
        addConvolution(layout, "conv3", 2 * width, 2 * width);
        addConvolution(layout, "conv4", 2 * width, 4 * width);
        layout.add("fc1.weight", hidden, flattened()).add("fc1.bias", hidden);
        layout.add("fc2.weight", classes, hidden).add("fc2.bias", classes);
        return layout.build();
    }

    /** Random weights to start from: uniform within plus or minus one over the root of the number of inputs. */
    public double[] initial(RandomGenerator random) {
        double[] theta = new double[layout().size()];
        double bound = 0;
        for (ParameterLayout.Entry entry : layout().entries()) {
            if (entry.name().endsWith(".weight")) {
                long inputs = entry.size() / entry.shape()[0];
                bound = 1 / Math.sqrt((double) inputs);
            }
            for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
                theta[i] = random.nextDouble(-bound, bound);
            }
        }
        return theta;
    }

    private long flattened() {
        return 4L * width * (side / 4) * (side / 4);
    }

    private static <T> T convolution(Ops<T> ops, T x, String name, int in, int out, int stride) {
        T w = ops.weight(name + ".weight", out, in, KERNEL, KERNEL);
        return ops.relu(ops.conv2d(x, w, ops.weight(name + ".bias", out), stride, 1));
    }

    private static void addConvolution(ParameterLayout.Builder layout, String name, int in, int out) {
        layout.add(name + ".weight", out, in, KERNEL, KERNEL).add(name + ".bias", out);
    }

    private record LogProbabilities(ConvolutionalClassifier classifier) implements GraphDefinition {
        @Override
        public String name() {
            return "convolutional-classifier";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec(IMAGE, TensorSpec.BATCH, classifier.channels, classifier.side, classifier.side));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T image = java.util.Objects.requireNonNull(inputs.get(IMAGE), IMAGE);
            return classifier.logProbabilities(ops, image);
        }
    }
}
