package org.plumbline.plugins.reward.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.toolkit.image.Resampling;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** Matrices of resizing against images that Pillow resized. */
class ResamplingTest {
    @ParameterizedTest
    @CsvSource({
        "NEAREST, 5, 4", "NEAREST, 16, 13", "NEAREST, 7, 3",
        "BILINEAR, 5, 4", "BILINEAR, 16, 13", "BILINEAR, 7, 3",
        "BICUBIC, 5, 4", "BICUBIC, 16, 13", "BICUBIC, 7, 3"
    })
    void imagesAreResizedAsByPillow(Resampling resampling, int height, int width) {
        try (SafetensorsFile numbers = SafetensorsFile.open(Settings.GOLDEN.resolve("pillow.safetensors"))) {
            double[] image = numbers.doubles("image");
            double[] rows = resampling.matrix(7, height, height);
            double[] columns = resampling.matrix(10, width, width);
            double[] found = new double[height * width];
            for (int i = 0; i < found.length; i++) {
                for (int pixel = 0; pixel < image.length; pixel++) {
                    found[i] += rows[i / width * 7 + pixel / 10] * columns[i % width * 10 + pixel % 10] * image[pixel];
                }
            }
            String name = resampling.name().toLowerCase(Locale.ROOT) + "." + height + "x" + width;
            assertArrayEquals(numbers.doubles(name), found, 1e-6, name);
        }
    }

    @ParameterizedTest
    @CsvSource({"BILINEAR", "BICUBIC", "NEAREST"})
    void theMiddleOfAnImageIsKept(Resampling resampling) {
        double[] whole = resampling.matrix(6, 12, 12);
        double[] middle = resampling.matrix(6, 12, 8);
        for (int i = 0; i < middle.length; i++) {
            assertEquals(whole[2 * 6 + i], middle[i]);
        }
    }
}
