package org.plumbline.kernel.chain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Trajectory;

/** A trajectory with what its backward sweep needs: the network's inputs and converted predictions. */
final class Recording implements Trajectory {
    private final TensorArena arena;
    private final NoiseSource noise;
    private final @Nullable Tensor[] states;
    private final @Nullable Tensor[] inputs;
    private final @Nullable Tensor[] predictions;
    private final boolean whole;
    private @Nullable Tensor output;
    private double @Nullable [] rewards;

    /**
     * @param arena owns all tensors of the trajectory
     * @param whole if false only the ends are kept
     */
    Recording(TensorArena arena, NoiseSource noise, int calls, boolean whole) {
        this.arena = arena;
        this.noise = noise;
        this.states = new @Nullable Tensor[calls + 1];
        this.inputs = new @Nullable Tensor[calls];
        this.predictions = new @Nullable Tensor[calls];
        this.whole = whole;
    }

    void state(int k, Tensor state) {
        states[k] = state;
    }

    void call(int k, Tensor input, Tensor prediction) {
        inputs[k] = input;
        predictions[k] = prediction;
    }

    void output(Tensor x0) {
        output = x0;
    }

    boolean whole() {
        return whole;
    }

    /** u_k. */
    Tensor input(int k) {
        return Objects.requireNonNull(inputs[k], "the trajectory was not kept");
    }

    /** h_k, the converted prediction before the output transform. */
    Tensor prediction(int k) {
        return Objects.requireNonNull(predictions[k], "the trajectory was not kept");
    }

    double @Nullable [] rewards() {
        return rewards;
    }

    void rewards(double[] values) {
        rewards = values;
    }

    /** z_k in another arena. */
    Tensor noise(TensorArena into, int k) {
        long[] shape = initial().shape();
        int rows = Math.toIntExact(shape[0]);
        int size = rowSize(shape);
        double[] values = new double[rows * size];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(noise.step(row, k, size), 0, values, row * size, size);
        }
        return into.tensor(values, shape);
    }

    static int rowSize(long[] shape) {
        long size = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            size *= shape[axis];
        }
        return Math.toIntExact(size);
    }

    @Override
    public Tensor initial() {
        return Objects.requireNonNull(states[0]);
    }

    @Override
    public Tensor output() {
        return Objects.requireNonNull(output);
    }

    @Override
    public Tensor state(int k) {
        Tensor state = states[k];
        if (state == null) {
            throw new IllegalStateException("only the end of this trajectory was kept");
        }
        return state;
    }

    @Override
    public Tensor noise(int k) {
        return noise(arena, k);
    }
}
