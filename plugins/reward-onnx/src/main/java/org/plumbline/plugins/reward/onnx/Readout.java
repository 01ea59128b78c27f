package org.plumbline.plugins.reward.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;

/**
 * From the numbers of a network to one score per image: their product with a row that says what is wanted. That row
 * marks one column, or is the vector of a text.
 *
 * @param numbers how many the network gives per image
 * @param logSoftmax whether they are logits of which the log-probabilities are wanted
 * @param cosine whether they are a vector of which only the direction counts
 * @param scale factor of the score
 */
record Readout(int numbers, boolean logSoftmax, boolean cosine, double scale) implements GraphDefinition {
    /** The input with the network's numbers. */
    static final String FOUND = "found";

    /** The input with what is wanted of each. */
    static final String WANTED = "wanted";

    /** Keeps the gradient of a vector of length zero finite; below what float32 tells from zero for any other. */
    private static final double TINY = 1e-24;

    @Override
    public String name() {
        return "score";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(FOUND, TensorSpec.BATCH, numbers), new TensorSpec(WANTED, TensorSpec.BATCH, numbers));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T found = Objects.requireNonNull(inputs.get(FOUND));
        T wanted = Objects.requireNonNull(inputs.get(WANTED));
        if (logSoftmax) {
            found = ops.logSoftmax(found);
        }
        T score = ops.sum(ops.mul(found, wanted), false, 1);
        if (cosine) {
            score = ops.div(score, ops.sqrt(ops.shift(ops.sum(ops.mul(found, found), false, 1), TINY)));
        }
        return scale == 1 ? score : ops.scale(score, scale);
    }

    /** A vector of length 1 in the same direction. */
    static double[] direction(double[] vector) {
        double length = Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
        return Arrays.stream(vector).map(x -> x / length).toArray();
    }
}
