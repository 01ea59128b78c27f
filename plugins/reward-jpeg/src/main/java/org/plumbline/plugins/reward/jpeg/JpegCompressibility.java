package org.plumbline.plugins.reward.jpeg;

import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;

/**
 * How few bytes an image needs as a JPEG file: minus its size in kilobytes of 1,000 bytes, at a fixed quality. Pixels are
 * limited to [0, 1] and rounded to 8 bits. The size is that of the whole file; of a very small image most is headers,
 * which are the same for all images of one shape.
 */
@Plugin(
        id = "jpeg-compressibility",
        description = "minus the size of the image as a JPEG file, in kB",
        configuration = JpegCompressibility.Configuration.class)
final class JpegCompressibility implements BlackBoxRewardModel {
    /**
     * Settings.
     *
     * @param quality of the JPEG encoder
     * @param sign 1 for small files, -1 for large ones
     */
    record Configuration(
            @Setting(description = "JPEG quality in percent", defaultValue = "95", min = 1, max = 100)
            int quality,

            @Setting(description = "1 rewards small files, -1 large ones", defaultValue = "1", min = -1, max = 1)
            int sign) {
        Configuration {
            if (sign == 0) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("reward 'jpeg-compressibility': 0 as 'sign'")
                        .available("1 or -1")
                        .build();
            }
        }
    }

    private static final int RGB = 3;

    private final Configuration configuration;

    @Inject
    JpegCompressibility(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public String unit() {
        return "kB";
    }

    @Override
    public double[] score(ImageBatch images, List<String> prompts) {
        if (images.channels() != 1 && images.channels() != RGB) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("jpeg-compressibility was asked to score images of " + images.channels() + " channels")
                    .available("1 (grey) or 3 (RGB)")
                    .build();
        }
        double[] scores = new double[images.rows()];
        for (int row = 0; row < scores.length; row++) {
            scores[row] = -configuration.sign() * bytes(image(images, row)) / 1000.0;
        }
        return scores;
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "black2024ddpo",
                "K. Black, M. Janner, Y. Du, I. Kostrikov, S. Levine",
                "Training Diffusion Models with Reinforcement Learning",
                2024,
                "ICLR"));
    }

    private long bytes(BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        CountingStream counter = new CountingStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(counter)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(configuration.quality() / 100f);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.INTERNAL)
                    .asked("an image of " + image.getWidth() + "x" + image.getHeight()
                            + " could not be encoded as JPEG")
                    .cause(e)
                    .build();
        } finally {
            writer.dispose();
        }
        return counter.bytes();
    }

    private static BufferedImage image(ImageBatch images, int row) {
        boolean grey = images.channels() == 1;
        BufferedImage image = new BufferedImage(
                images.width(), images.height(), grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        int[] samples = new int[images.channels()];
        for (int y = 0; y < images.height(); y++) {
            for (int x = 0; x < images.width(); x++) {
                for (int channel = 0; channel < samples.length; channel++) {
                    samples[channel] = (int) Math.round(255 * images.pixel(row, channel, y, x));
                }
                image.getRaster().setPixel(x, y, samples);
            }
        }
        return image;
    }
}
