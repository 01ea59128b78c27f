package org.plumbline.toolkit.image;

/**
 * How pixels between pixels are found. Along each axis a resized image is a fixed matrix times the image, so that the
 * gradient passes. When an image shrinks, bilinear and bicubic kernels widen by the same factor (they smooth), as
 * Pillow's do, with which most networks were trained.
 */
public enum Resampling {
    /** The pixel that lies at the place. */
    NEAREST(0),
    /** A triangle. */
    BILINEAR(1),
    /** Keys' cubic with a = -1/2. */
    BICUBIC(2);

    private final double reach;

    Resampling(double reach) {
        this.reach = reach;
    }

    /**
     * The matrix of one axis.
     *
     * @param from pixels before
     * @param scaled pixels that all of them become
     * @param to how many of those are kept, from the middle
     * @return [to, from], row-major; each row sums to 1
     */
    public double[] matrix(int from, int scaled, int to) {
        double[] matrix = new double[to * from];
        double step = (double) from / scaled;
        double wide = Math.max(1, step);
        int first = (scaled - to) / 2;
        for (int row = 0; row < to; row++) {
            double centre = (first + row + 0.5) * step;
            if (this == NEAREST) {
                matrix[row * from + Math.min(from - 1, (int) centre)] = 1;
                continue;
            }
            int begin = Math.max(0, (int) Math.floor(centre - reach * wide + 0.5));
            int end = Math.min(from, (int) Math.floor(centre + reach * wide + 0.5));
            double sum = 0;
            for (int column = begin; column < end; column++) {
                double weight = kernel((column + 0.5 - centre) / wide);
                matrix[row * from + column] = weight;
                sum += weight;
            }
            for (int column = begin; column < end; column++) {
                matrix[row * from + column] /= sum;
            }
        }
        return matrix;
    }

    private double kernel(double distance) {
        double x = Math.abs(distance);
        if (this == BILINEAR) {
            return Math.max(0, 1 - x);
        }
        if (x < 1) {
            return (1.5 * x - 2.5) * x * x + 1;
        }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    }
}
