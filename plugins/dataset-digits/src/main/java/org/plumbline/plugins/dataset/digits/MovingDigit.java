package org.plumbline.plugins.dataset.digits;

/**
 * Draws a digit of half its size, about 10x10 pixels, anywhere in a small frame: a pixel of the frame is the mean over a
 * square of 2x2 pixels of the original, whose corners may lie between pixels, so that motion is smooth.
 */
final class MovingDigit {
    /** Frames of a clip. */
    static final int FRAMES = 8;

    /** Height and width of a frame. */
    static final int SIDE = 16;

    private static final double RATIO = 2;

    private final DigitFiles files;

    MovingDigit(DigitFiles files) {
        this.files = files;
    }

    /** A clip, row-major [frames, height, width]; ink is 1, paper -1. */
    float[] clip(int image, Motion motion) {
        float[] pixels = new float[FRAMES * SIDE * SIDE];
        for (int frame = 0; frame < FRAMES; frame++) {
            double[] centre = motion.centre(frame);
            double[][] across = overlaps(centre[0]);
            double[][] down = overlaps(centre[1]);
            double[][] narrow = new double[DigitFiles.SIDE][SIDE];
            for (int y = 0; y < DigitFiles.SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double sum = 0;
                    for (int from = 0; from < DigitFiles.SIDE; from++) {
                        if (across[x][from] > 0) {
                            sum += across[x][from] * files.ink(image, y, from);
                        }
                    }
                    narrow[y][x] = sum;
                }
            }
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double sum = 0;
                    for (int from = 0; from < DigitFiles.SIDE; from++) {
                        sum += down[y][from] * narrow[from][x];
                    }
                    pixels[(frame * SIDE + y) * SIDE + x] = (float) (2 * sum - 1);
                }
            }
        }
        return pixels;
    }

    /** Which share of each place of a frame lies over each row or column of the original. */
    private static double[][] overlaps(double centre) {
        double[][] overlap = new double[SIDE][DigitFiles.SIDE];
        for (int to = 0; to < SIDE; to++) {
            double start = (to - SIDE / 2.0 - centre) * RATIO + DigitFiles.SIDE / 2.0;
            for (int from = 0; from < DigitFiles.SIDE; from++) {
                double shared = Math.min(start + RATIO, from + 1.0) - Math.max(start, from);
                overlap[to][from] = Math.max(0, shared) / RATIO;
            }
        }
        return overlap;
    }
}
