package org.plumbline.kernel.chain;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.sampler.TimePoint;

/**
 * How the trained vector theta enters the chain: as weights of the network, as encoded prompts, or as initial noise.
 * One instance belongs to one batch.
 */
interface Parametrisation {
    /** Puts theta on the session. */
    Bound bind(double[] theta, TensorArena arena);

    /** The initial noise if theta holds it, else null. */
    double @Nullable [] initialNoise(double[] theta);

    /** True if gradients with respect to the condition are wanted. */
    default boolean trainsCondition() {
        return false;
    }

    /** True if gradients with respect to the initial state are wanted. */
    default boolean trainsInitialState() {
        return false;
    }

    /** An empty collector of gradients. */
    Sink sink();

    /** Collects what reaches theta; each kind of parametrisation hears what concerns it and ignores the rest. */
    interface Sink extends Denoiser.GradientSink {
        /** Says at which time the network was evaluated whose gradient comes next. */
        default void at(TimePoint time) {}

        default void weights(Tensor gradient, double factor) {}

        default void condition(Tensor gradient, double factor) {}

        @Override
        default void initialState(Tensor initialState, double factor) {}
    }

    /** Theta is the vector of the network's parameters. */
    static Parametrisation weights(List<Tensor> conditions, int size, TensorArena arena) {
        return new Parametrisation() {
            @Override
            public Bound bind(double[] theta, TensorArena into) {
                return new Bound(into.tensor(theta, size), conditions);
            }

            @Override
            public double @Nullable [] initialNoise(double[] theta) {
                return null;
            }

            @Override
            public Sink sink() {
                Tensor total = arena.zeros(size);
                return new Sink() {
                    @Override
                    public void weights(Tensor gradient, double factor) {
                        arena.accumulate(total, factor, gradient);
                    }

                    @Override
                    public double[] gradient() {
                        return total.toDoubles();
                    }
                };
            }
        };
    }

    /**
     * Theta is one encoded prompt after the other.
     *
     * @param slots for each row the number of its prompt in theta
     * @param shape length and width of an encoded prompt
     * @param prompts how many encoded prompts theta holds
     */
    static Parametrisation conditioning(int[] slots, long[] shape, int prompts) {
        int width = Math.toIntExact(shape[0] * shape[1]);
        return new Parametrisation() {
            @Override
            public Bound bind(double[] theta, TensorArena into) {
                double[] rows = new double[slots.length * width];
                for (int row = 0; row < slots.length; row++) {
                    System.arraycopy(theta, slots[row] * width, rows, row * width, width);
                }
                return new Bound(null, List.of(into.tensor(rows, slots.length, shape[0], shape[1])));
            }

            @Override
            public double @Nullable [] initialNoise(double[] theta) {
                return null;
            }

            @Override
            public boolean trainsCondition() {
                return true;
            }

            @Override
            public Sink sink() {
                double[] total = new double[prompts * width];
                return new Sink() {
                    @Override
                    public void condition(Tensor gradient, double factor) {
                        double[] rows = gradient.toDoubles();
                        for (int row = 0; row < slots.length; row++) {
                            for (int i = 0; i < width; i++) {
                                total[slots[row] * width + i] += factor * rows[row * width + i];
                            }
                        }
                    }

                    @Override
                    public double[] gradient() {
                        return total.clone();
                    }
                };
            }
        };
    }

    /**
     * Theta is the initial noise of all rows.
     *
     * @param size numbers of all rows together
     * @param initScale what the program multiplies it with
     */
    static Parametrisation initialNoise(List<Tensor> conditions, int size, double initScale) {
        return new Parametrisation() {
            @Override
            public Bound bind(double[] theta, TensorArena into) {
                return new Bound(null, conditions);
            }

            @Override
            public double[] initialNoise(double[] theta) {
                return theta;
            }

            @Override
            public boolean trainsInitialState() {
                return true;
            }

            @Override
            public Sink sink() {
                double[] sum = new double[size];
                return new Sink() {
                    @Override
                    public void initialState(Tensor gradient, double factor) {
                        double[] values = gradient.toDoubles();
                        for (int i = 0; i < sum.length; i++) {
                            sum[i] += factor * initScale * values[i];
                        }
                    }

                    @Override
                    public double[] gradient() {
                        return sum.clone();
                    }
                };
            }
        };
    }
}
