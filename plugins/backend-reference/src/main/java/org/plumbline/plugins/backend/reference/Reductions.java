package org.plumbline.plugins.backend.reference;

import java.util.Arrays;

/** Sums, and softmax over the last axis. */
final class Reductions {
    private final Tape tape;

    Reductions(Tape tape) {
        this.tape = tape;
    }

    Value sum(Value x, boolean keep, int... axes) {
        int[] kept = x.shape.clone();
        for (int axis : axes) {
            kept[axis < 0 ? axis + kept.length : axis] = 1;
        }
        // x is the "result" of broadcasting the sums to its shape; walked backwards, broadcasting adds.
        Broadcast walk = new Broadcast(kept, x.shape);
        double[] y = new double[Value.product(kept)];
        walk.forEach((at, to, step, same, one, length) -> {
            for (int i = 0; i < length; i++) {
                y[to + i * step] += x.data[at + i];
            }
        });
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            walk.forEach((at, to, step, same, one, length) -> {
                for (int i = 0; i < length; i++) {
                    into[at + i] += g[to + i * step];
                }
            });
        };
        return tape.result(keep ? kept : without(x.shape, axes), y, pullBack, x);
    }

    private static int[] without(int[] shape, int[] axes) {
        boolean[] summed = new boolean[shape.length];
        for (int axis : axes) {
            summed[axis < 0 ? axis + shape.length : axis] = true;
        }
        int[] left = new int[shape.length];
        int rank = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            if (!summed[axis]) {
                left[rank++] = shape[axis];
            }
        }
        return Arrays.copyOf(left, rank);
    }

    Value softmax(Value x) {
        int n = x.lastSize();
        double[] y = new double[x.data.length];
        for (int row = 0; row < y.length; row += n) {
            double largest = largest(x.data, row, n);
            double sum = 0;
            for (int i = row; i < row + n; i++) {
                y[i] = Math.exp(x.data[i] - largest);
                sum += y[i];
            }
            for (int i = row; i < row + n; i++) {
                y[i] /= sum;
            }
        }
        // dy_i = y_i (dx_i - sum_k y_k dx_k)
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int row = 0; row < y.length; row += n) {
                double mean = 0;
                for (int i = row; i < row + n; i++) {
                    mean += g[i] * y[i];
                }
                for (int i = row; i < row + n; i++) {
                    into[i] += y[i] * (g[i] - mean);
                }
            }
        };
        return tape.result(x.shape, y, pullBack, x);
    }

    Value logSoftmax(Value x) {
        int n = x.lastSize();
        double[] y = new double[x.data.length];
        for (int row = 0; row < y.length; row += n) {
            double largest = largest(x.data, row, n);
            double sum = 0;
            for (int i = row; i < row + n; i++) {
                sum += Math.exp(x.data[i] - largest);
            }
            double logSum = Math.log(sum);
            for (int i = row; i < row + n; i++) {
                y[i] = x.data[i] - largest - logSum;
            }
        }
        // dy_i = dx_i - sum_k exp(y_k) dx_k
        Tape.PullBack pullBack = g -> {
            double[] into = x.gradient();
            for (int row = 0; row < y.length; row += n) {
                double total = 0;
                for (int i = row; i < row + n; i++) {
                    total += g[i];
                }
                for (int i = row; i < row + n; i++) {
                    into[i] += g[i] - Math.exp(y[i]) * total;
                }
            }
        };
        return tape.result(x.shape, y, pullBack, x);
    }

    private static double largest(double[] x, int row, int n) {
        double largest = x[row];
        for (int i = row + 1; i < row + n; i++) {
            largest = Math.max(largest, x[i]);
        }
        return largest;
    }
}
