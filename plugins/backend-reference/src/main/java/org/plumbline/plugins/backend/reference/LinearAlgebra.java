package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Matrix products. For C = A B the gradients are G B^T and A^T G. */
final class LinearAlgebra {
    private final Tape tape;

    LinearAlgebra(Tape tape) {
        this.tape = tape;
    }

    Value matmul(Value a, Value b) {
        int m = a.shape[a.rank() - 2];
        int k = a.shape[a.rank() - 1];
        int n = b.shape[b.rank() - 1];
        // The axes before the last two broadcast; one run of matrices at a time.
        Broadcast walk = new Broadcast(head(a.shape), head(b.shape));
        int[] shape = Arrays.copyOf(walk.shape, walk.shape.length + 2);
        shape[walk.shape.length] = m;
        shape[walk.shape.length + 1] = n;
        double[] c = new double[Value.product(shape)];
        walk.forEach((out, p, dp, q, dq, length) -> {
            for (int i = 0; i < length; i++) {
                Matrices.multiply(
                        a.data, (p + i * dp) * m * k, b.data, (q + i * dq) * k * n, c, (out + i) * m * n, m, k, n);
            }
        });
        Tape.PullBack pullBack = g -> walk.forEach((out, p, dp, q, dq, length) -> {
            for (int i = 0; i < length; i++) {
                int ofA = (p + i * dp) * m * k;
                int ofB = (q + i * dq) * k * n;
                int ofC = (out + i) * m * n;
                if (a.tracked) {
                    double[] transposed = Matrices.transposed(b.data, ofB, k, n);
                    Matrices.multiply(g, ofC, transposed, 0, a.gradient(), ofA, m, n, k);
                }
                if (b.tracked) {
                    Matrices.multiplyTransposed(a.data, ofA, g, ofC, b.gradient(), ofB, k, m, n);
                }
            }
        });
        return tape.result(shape, c, pullBack, a, b);
    }

    private static int[] head(int[] shape) {
        return Arrays.copyOf(shape, shape.length - 2);
    }

    /** x [rows, in] times the transpose of w [out, in], plus b. */
    Value linear(Value x, Value w, @Nullable Value b) {
        int in = w.shape[1];
        int out = w.shape[0];
        int rows = x.data.length / in;
        double[] y = new double[rows * out];
        if (b != null) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(b.data, 0, y, row * out, out);
            }
        }
        Matrices.multiply(x.data, 0, Matrices.transposed(w.data, 0, out, in), 0, y, 0, rows, in, out);
        Tape.PullBack pullBack = g -> {
            if (x.tracked) {
                Matrices.multiply(g, 0, w.data, 0, x.gradient(), 0, rows, out, in);
            }
            if (w.tracked) {
                Matrices.multiplyTransposed(g, 0, x.data, 0, w.gradient(), 0, out, rows, in);
            }
            if (b != null && b.tracked) {
                double[] into = b.gradient();
                for (int row = 0; row < rows; row++) {
                    for (int i = 0; i < out; i++) {
                        into[i] += g[row * out + i];
                    }
                }
            }
        };
        int[] shape = x.shape.clone();
        shape[shape.length - 1] = out;
        return b == null ? tape.result(shape, y, pullBack, x, w) : tape.result(shape, y, pullBack, x, w, b);
    }
}
