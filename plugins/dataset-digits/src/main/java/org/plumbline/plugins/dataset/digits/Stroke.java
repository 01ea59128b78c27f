package org.plumbline.plugins.dataset.digits;

/**
 * What can be measured on an image of strokes. With p(y, x) the ink of a pixel, 0 for paper and 1 for full ink, zero
 * outside the image, y downwards:
 *
 * <pre>
 *   thickness = 2 sum p / sum sqrt((p(y, x+1) - p(y, x))^2 + (p(y+1, x) - p(y, x))^2 + 1e-6)
 *   slant     = - sum p (x - xm)(y - ym) / (sum p (y - ym)^2 + 1e-6),    (xm, ym) the centre of ink
 * </pre>
 *
 * <p>A stroke of width w and length l holds w l of ink and has edges of length 2 l in all, over which the gradient
 * integrates to 1: thickness is about w, in pixels. A shear x' = x - k y turns an upright shape into one of slant k, the
 * tangent of the angle by which it leans to the right.
 *
 * @param thickness in pixels
 * @param slant tangent; positive leans to the right
 */
record Stroke(double thickness, double slant) {
    private static final double TINY = 1e-6;

    /** Measures an image, given row-major. */
    static Stroke of(double[] ink, int height, int width) {
        return new Stroke(thickness(ink, height, width), slant(ink, height, width));
    }

    private static double thickness(double[] ink, int height, int width) {
        double area = 0;
        double edges = 0;
        for (int y = -1; y < height; y++) {
            for (int x = -1; x < width; x++) {
                double here = at(ink, height, width, y, x);
                double right = at(ink, height, width, y, x + 1) - here;
                double down = at(ink, height, width, y + 1, x) - here;
                area += here;
                edges += Math.sqrt(right * right + down * down + TINY);
            }
        }
        return 2 * area / edges;
    }

    private static double slant(double[] ink, int height, int width) {
        double mass = TINY;
        double meanX = 0;
        double meanY = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double p = ink[y * width + x];
                mass += p;
                meanX += p * x;
                meanY += p * y;
            }
        }
        meanX /= mass;
        meanY /= mass;
        double both = 0;
        double vertical = TINY;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double p = ink[y * width + x];
                both += p * (x - meanX) * (y - meanY);
                vertical += p * (y - meanY) * (y - meanY);
            }
        }
        return -both / vertical;
    }

    private static double at(double[] ink, int height, int width, int y, int x) {
        return y < 0 || x < 0 || y >= height || x >= width ? 0 : ink[y * width + x];
    }
}
