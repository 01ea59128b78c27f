package org.plumbline.toolkit.statistics;

/** Arithmetic of flat vectors. */
public final class Vectors {
    private Vectors() {}

    /** The inner product. */
    public static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** The Euclidean length. */
    public static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    /** The cosine of the angle between two vectors; NaN if one of them is zero. */
    public static double cosine(double[] a, double[] b) {
        return dot(a, b) / (norm(a) * norm(b));
    }

    /** {@code target += factor * x}. */
    public static void addTo(double[] target, double factor, double[] x) {
        for (int i = 0; i < target.length; i++) {
            target[i] += factor * x[i];
        }
    }

    /** {@code a - b}. */
    public static double[] difference(double[] a, double[] b) {
        double[] result = a.clone();
        addTo(result, -1, b);
        return result;
    }
}
