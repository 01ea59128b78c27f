package org.plumbline.plugins.dataset.digits;

/**
 * From 28x28 to 16x16 pixels: the central 24x24 pixels (the digits fill 20x20; the margin holds 0.3 % of the ink),
 * averaged over squares of 1.5x1.5, so that the amount of ink per area is kept.
 */
final class Shrink {
    /** Side of the original images. */
    static final int FROM = 28;
    /** Side of the small images. */
    static final int TO = 16;

    private static final int CROP = 24;
    private static final double RATIO = (double) CROP / TO;

    private final double[][] overlap = new double[TO][FROM];

    Shrink() {
        int margin = (FROM - CROP) / 2;
        for (int to = 0; to < TO; to++) {
            for (int from = 0; from < CROP; from++) {
                double shared = Math.min((to + 1) * RATIO, from + 1.0) - Math.max(to * RATIO, from);
                overlap[to][margin + from] = Math.max(0, shared) / RATIO;
            }
        }
    }

    /**
     * Shrinks one image.
     *
     * @param bytes where the originals lie, one after the other; 0 is paper, 255 is ink
     * @param index which of them
     * @return ink in [0, 1], row-major
     */
    double[] apply(byte[] bytes, int index) {
        double[] narrow = new double[FROM * TO];
        for (int y = 0; y < FROM; y++) {
            for (int to = 0; to < TO; to++) {
                double sum = 0;
                for (int x = 0; x < FROM; x++) {
                    sum += overlap[to][x] * (bytes[(index * FROM + y) * FROM + x] & 0xff);
                }
                narrow[y * TO + to] = sum / 255;
            }
        }
        double[] small = new double[TO * TO];
        for (int to = 0; to < TO; to++) {
            for (int x = 0; x < TO; x++) {
                double sum = 0;
                for (int y = 0; y < FROM; y++) {
                    sum += overlap[to][y] * narrow[y * TO + x];
                }
                small[to * TO + x] = sum;
            }
        }
        return small;
    }
}
