package org.plumbline.plugins.reward.jpeg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.reward.ImageBatch;

class JpegCompressibilityTest {
    private static final List<String> PROMPTS = List.of("flat", "noise");

    @Test
    void aFlatImageScoresHigherThanNoiseInGreyAndColour() {
        for (int channels : new int[] {1, 3}) {
            double[] scores = reward(95, 1).score(flatAndNoise(channels), PROMPTS);
            assertTrue(scores[0] > scores[1], scores[0] + " and " + scores[1]);
            assertTrue(scores[1] < -1, "64x64 pixels of noise take more than a kilobyte, not " + scores[1]);
        }
    }

    @Test
    void theScoreIsMinusTheLengthOfTheFileInThousandsOfBytes() throws IOException {
        ImageBatch batch = flatAndNoise(1);
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                image.getRaster().setSample(x, y, 0, (int) Math.round(255 * batch.pixel(1, 0, y, x)));
            }
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (var out = ImageIO.createImageOutputStream(file)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(0.8f);
            writer.write(null, new IIOImage(image, null, null), parameters);
        }
        assertEquals(-file.size() / 1000.0, reward(80, 1).score(batch, PROMPTS)[1], 0);
    }

    @Test
    void lowerQualityMakesSmallerFilesAndTheSignTurnsTheScoreRound() {
        ImageBatch batch = flatAndNoise(1);
        double fine = reward(95, 1).score(batch, PROMPTS)[1];
        assertTrue(reward(30, 1).score(batch, PROMPTS)[1] > fine);
        assertEquals(-fine, reward(95, -1).score(batch, PROMPTS)[1], 0);
    }

    @Test
    void pixelsOutsideTheRangeCountAsItsEnds() {
        double[] loud = new double[64];
        double[] limited = new double[64];
        for (int i = 0; i < 64; i++) {
            loud[i] = i % 2 == 0 ? -3 : 4;
            limited[i] = i % 2;
        }
        List<String> one = List.of("stripes");
        assertArrayEquals(
                reward(95, 1).score(new ImageBatch(limited, 1, 1, 8, 8), one),
                reward(95, 1).score(new ImageBatch(loud, 1, 1, 8, 8), one));
    }

    @Test
    void fourChannelsAreRefused() {
        PlumblineException thrown = assertThrows(
                PlumblineException.class,
                () -> reward(95, 1).score(new ImageBatch(new double[16], 1, 4, 2, 2), List.of("x")));
        assertEquals(StandardError.WRONG_SHAPE, thrown.code());
    }

    private static JpegCompressibility reward(int quality, int sign) {
        return new JpegCompressibility(new JpegCompressibility.Configuration(quality, sign));
    }

    private static ImageBatch flatAndNoise(int channels) {
        int size = channels * 64 * 64;
        double[] pixels = new double[2 * size];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < size; i++) {
            pixels[i] = 0.5;
            pixels[size + i] = random.nextDouble();
        }
        return new ImageBatch(pixels, 2, channels, 64, 64);
    }
}
