package org.plumbline.kernel.chain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Trajectory;

/** A trajectory with what its backward sweep needs: the network's inputs and converted predictions. */
abstract class Recording implements Trajectory {
    private final TensorArena arena;
    private final NoiseSource noise;
    private final long[] shape;
    private @Nullable Tensor output;
    private double @Nullable [] rewards;

    /**
     * @param arena owns all tensors of the trajectory
     * @param shape of a latent, rows first
     */
    Recording(TensorArena arena, NoiseSource noise, long[] shape) {
        this.arena = arena;
        this.noise = noise;
        this.shape = shape.clone();
    }

    /** The first call that belongs to it. */
    abstract int first();

    /** True if it can be swept. */
    abstract boolean whole();

    /** u_k; in the recording's arena or, if it has to be made again, in {@code into}. */
    abstract Tensor input(TensorArena into, int k);

    /** h_k, the converted prediction before the output transform. */
    abstract Tensor prediction(TensorArena into, int k);

    /** The registers before call k. */
    abstract @Nullable Tensor[] registers(TensorArena into, int k);

    final TensorArena arena() {
        return arena;
    }

    final long[] shape() {
        return shape.clone();
    }

    final void output(Tensor x0) {
        output = x0;
    }

    final double @Nullable [] rewards() {
        return rewards;
    }

    final void rewards(double[] values) {
        rewards = values;
    }

    /** z_k in another arena. */
    final Tensor noise(TensorArena into, int k) {
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
    public final Tensor initial() {
        return state(0);
    }

    @Override
    public final Tensor output() {
        return Objects.requireNonNull(output, "only the beginning of this chain was sampled");
    }

    @Override
    public final Tensor noise(int k) {
        return noise(arena, k);
    }
}
