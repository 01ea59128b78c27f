package org.plumbline.toolkit.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.plumbline.spi.graph.Ops;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Softmax and the operators that centre and scale. */
final class Normalisations<T> {
    /** From here on the scale of a group normalisation is one per channel; before it was one per group. */
    private static final long PER_CHANNEL = 21;

    private final Ops<T> ops;
    private final Tensors<T> tensors;
    private final Elementwise<T> elementwise;
    private final Folding<T> folding = new Folding<>();

    Normalisations(Tensors<T> tensors, Elementwise<T> elementwise) {
        this.ops = tensors.ops();
        this.tensors = tensors;
        this.elementwise = elementwise;
    }

    void register(Interpreter.Registry<T> registry) {
        registry.one("Softmax", call -> alongAxis(call, ops::softmax));
        registry.one("LogSoftmax", call -> alongAxis(call, ops::logSoftmax));
        registry.one("LayerNormalization", this::layer);
        registry.one("BatchNormalization", this::batch);
        registry.one(
                "InstanceNormalization", call -> group(call, call.in(0).layout().number(1)));
        registry.one("GroupNormalization", call -> group(call, call.node().integer("num_groups", 1)));
    }

    private Operand<T> alongAxis(Call<T> call, UnaryOperator<T> function) {
        Operand<T> x = call.in(0);
        int rank = x.layout().rank();
        int axis = x.layout().index(call.node().integer("axis", -1));
        x.layout().number(axis);
        if (axis == rank - 1) {
            return tensors.result(x.type(), x.layout(), function.apply(tensors.full(x)));
        }
        Operand<T> last = Rearrangement.permuted(tensors, folding, x, Rearrangement.toTheEnd(axis, rank));
        Operand<T> done = tensors.result(x.type(), last.layout(), function.apply(tensors.full(last)));
        return Rearrangement.permuted(tensors, folding, done, Rearrangement.fromTheEnd(axis, rank));
    }

    private Operand<T> layer(Call<T> call) {
        Operand<T> x = call.in(0);
        Layout layout = x.layout();
        int axis = layout.index(call.node().integer("axis", -1));
        long size = layout.part(axis, layout.rank()).product().factor();
        if (layout.part(axis, layout.rank()).batched()) {
            throw new Refusal("it runs over the batch");
        }
        List<Dimension> width = List.of(Dimension.of(size));
        Operand<T> flat = tensors.reshaped(
                x, layout.part(0, axis).followedBy(new Layout(width)).axes());
        T gamma = tensors.full(tensors.reshaped(call.in(1), width));
        T beta = call.has(2)
                ? tensors.full(tensors.reshaped(call.in(2), width))
                : ops.constant(new double[(int) size], size);
        T result = ops.layerNorm(tensors.full(flat), gamma, beta, call.node().real("epsilon", 1e-5));
        return tensors.reshaped(tensors.result(x.type(), flat.layout(), result), layout.axes());
    }

    /** With the mean and variance of the training: a scale and a shift per channel. */
    private Operand<T> batch(Call<T> call) {
        if (call.node().integer("training_mode", 0) != 0) {
            throw new Refusal("it normalises over the batch; export the model in evaluation mode");
        }
        double[] scale = call.numbers(1).values();
        double[] shift = call.numbers(2).values();
        double[] mean = call.numbers(3).values();
        double[] variance = call.numbers(4).values();
        double eps = call.node().real("epsilon", 1e-5);
        double[] factor = new double[scale.length];
        double[] term = new double[scale.length];
        for (int i = 0; i < scale.length; i++) {
            factor[i] = scale[i] / Math.sqrt(variance[i] + eps);
            term[i] = shift[i] - mean[i] * factor[i];
        }
        Operand<T> x = call.in(0);
        long[] sizes = new long[x.layout().rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = scale.length;
        Layout channels = Layout.of(sizes);
        Operand<T> scaled = elementwise.arithmetic("Mul", x, Numbers.of(x.type(), channels, factor));
        return elementwise.arithmetic("Add", scaled, Numbers.of(x.type(), channels, term));
    }

    private Operand<T> group(Call<T> call, long groups) {
        Operand<T> x = call.in(0);
        if (!x.layout().axis(0).equals(Dimension.BATCH)) {
            throw new Refusal("the first size of " + x.layout() + " is not the batch");
        }
        T gamma = perChannel(call, 1, groups);
        T beta = perChannel(call, 2, groups);
        double eps = call.node().real("epsilon", 1e-5);
        T result = ops.groupNorm(tensors.full(x), Math.toIntExact(groups), gamma, beta, eps);
        return tensors.result(x.type(), x.layout(), result);
    }

    private T perChannel(Call<T> call, int input, long groups) {
        long channels = call.in(0).layout().number(1);
        if (call.in(input).layout().product().factor() == channels || call.operatorSet() >= PER_CHANNEL) {
            return tensors.full(call.in(input));
        }
        double[] each = call.numbers(input).values();
        double[] repeated = new double[(int) channels];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = each[(int) (i * groups / channels)];
        }
        return ops.constant(repeated, channels);
    }
}
