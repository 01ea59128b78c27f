package org.plumbline.plugins.backend.reference;

/**
 * Products of matrices inside larger arrays. All innermost loops add a multiple of one row to another, which the JIT
 * compiler turns into vector instructions; a sum along a row it would not.
 */
final class Matrices {
    private Matrices() {}

    /** C += A B, with A [m, k] at {@code a}, B [k, n] at {@code b}, C [m, n] at {@code c}. */
    static void multiply(double[] as, int a, double[] bs, int b, double[] cs, int c, int m, int k, int n) {
        for (int row = 0; row < m; row++) {
            int to = c + row * n;
            int factor = a + row * k;
            int inner = 0;
            // Four rows of B at once, so that C is read and written a quarter as often.
            for (; inner + 3 < k; inner += 4) {
                double f0 = as[factor + inner];
                double f1 = as[factor + inner + 1];
                double f2 = as[factor + inner + 2];
                double f3 = as[factor + inner + 3];
                int b0 = b + inner * n;
                int b1 = b0 + n;
                int b2 = b1 + n;
                int b3 = b2 + n;
                for (int i = 0; i < n; i++) {
                    cs[to + i] += f0 * bs[b0 + i] + f1 * bs[b1 + i] + f2 * bs[b2 + i] + f3 * bs[b3 + i];
                }
            }
            for (; inner < k; inner++) {
                addScaled(as[factor + inner], bs, b + inner * n, cs, to, n);
            }
        }
    }

    /** C += A^T B, with A [k, m] at {@code a}, B [k, n] at {@code b}, C [m, n] at {@code c}. */
    static void multiplyTransposed(double[] as, int a, double[] bs, int b, double[] cs, int c, int m, int k, int n) {
        for (int inner = 0; inner < k; inner++) {
            for (int row = 0; row < m; row++) {
                addScaled(as[a + inner * m + row], bs, b + inner * n, cs, c + row * n, n);
            }
        }
    }

    private static void addScaled(double factor, double[] from, int start, double[] into, int to, int n) {
        for (int i = 0; i < n; i++) {
            into[to + i] += factor * from[start + i];
        }
    }

    /** A copy of the transpose of A [rows, columns] at {@code a}. */
    static double[] transposed(double[] as, int a, int rows, int columns) {
        double[] copy = new double[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                copy[column * rows + row] = as[a + row * columns + column];
            }
        }
        return copy;
    }
}
