package org.plumbline.kernel.pretrain;

import java.util.random.RandomGenerator;
import org.plumbline.spi.plugin.Setting;

/**
 * Random changes that do not change what an image shows: an affine map around its centre, sampled bilinearly, and pixel
 * noise. Each amount is the largest; the actual one is uniform up to it in both directions.
 *
 * @param rotation in radians
 * @param scale relative
 * @param stretch further relative scale of the width
 * @param shear tangent
 * @param shift as a fraction of the image's side
 * @param noise standard deviation of pixel noise, of a range of pixels from 0 to 1
 */
public record Distortion(
        @Setting(description = "largest rotation in radians", defaultValue = "0.21", min = 0)
        double rotation,

        @Setting(description = "largest relative change of size", defaultValue = "0.12", min = 0, max = 0.9)
        double scale,

        @Setting(description = "largest relative change of width alone", defaultValue = "0.08", min = 0, max = 0.9)
        double stretch,

        @Setting(description = "largest shear", defaultValue = "0.25", min = 0)
        double shear,

        @Setting(description = "largest shift as a fraction of the side", defaultValue = "0.0625", min = 0, max = 1)
        double shift,

        @Setting(description = "largest standard deviation of pixel noise", defaultValue = "0.05", min = 0)
        double noise) {
    /**
     * Distorts an image.
     *
     * @param pixels row-major [channels, height, width]
     * @param background what lies outside the image
     * @return a new array
     */
    double[] apply(double[] pixels, int channels, int height, int width, double background, RandomGenerator random) {
        double angle = symmetric(random, rotation);
        double size = 1 + symmetric(random, scale);
        double wide = size * (1 + symmetric(random, stretch));
        double lean = symmetric(random, shear);
        double dx = symmetric(random, shift) * width;
        double dy = symmetric(random, shift) * height;
        double deviation = random.nextDouble() * noise;
        double centreX = (width - 1) / 2.0;
        double centreY = (height - 1) / 2.0;
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double[] result = new double[pixels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double u = x - centreX;
                double v = y - centreY;
                // Where this pixel comes from.
                double fromX = wide * (cos * u - sin * v) + lean * v + dx + centreX;
                double fromY = size * (sin * u + cos * v) + dy + centreY;
                for (int c = 0; c < channels; c++) {
                    double value = bilinear(pixels, c, height, width, fromY, fromX, background);
                    result[(c * height + y) * width + x] = value + deviation * random.nextGaussian();
                }
            }
        }
        return result;
    }

    private static double symmetric(RandomGenerator random, double largest) {
        return (2 * random.nextDouble() - 1) * largest;
    }

    private static double bilinear(
            double[] pixels, int c, int height, int width, double y, double x, double background) {
        int top = (int) Math.floor(y);
        int left = (int) Math.floor(x);
        double down = y - top;
        double right = x - left;
        return (1 - down)
                        * ((1 - right) * at(pixels, c, height, width, top, left, background)
                                + right * at(pixels, c, height, width, top, left + 1, background))
                + down
                        * ((1 - right) * at(pixels, c, height, width, top + 1, left, background)
                                + right * at(pixels, c, height, width, top + 1, left + 1, background));
    }

    private static double at(double[] pixels, int c, int height, int width, int y, int x, double background) {
        return y < 0 || x < 0 || y >= height || x >= width ? background : pixels[(c * height + y) * width + x];
    }
}
