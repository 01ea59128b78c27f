package org.plumbline.plugins.dataset.digits;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citation;

/**
 * The original images and their labels.
 *
 * <p>The position of an image in the file decides its split: of ten images in a row, the first six are for the
 * generator, the next three for the classifier and the last one for tests.
 *
 * @param images of {@link #SIDE} x {@link #SIDE} bytes, one after the other; 0 is paper, 255 is ink
 * @param labels one per image, 0 to 9
 */
record DigitFiles(byte[] images, int[] labels) {
    /** How many digits there are. */
    static final int DIGITS = 10;

    /** Height and width of an image. */
    static final int SIDE = 28;

    /** Reads and checks both files of a folder. */
    static DigitFiles read(Path folder) {
        IdxFile images = IdxFile.read(folder.resolve("t10k-images-idx3-ubyte.gz"), 3);
        IdxFile classes = IdxFile.read(folder.resolve("t10k-labels-idx1-ubyte.gz"), 1);
        int count = images.sizes()[0];
        if (images.sizes()[1] != SIDE || images.sizes()[2] != SIDE || classes.sizes()[0] != count) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("the files in " + folder + " hold images of " + Arrays.toString(images.sizes())
                            + " and labels of " + Arrays.toString(classes.sizes()))
                    .available("n images of 28x28 pixels with n labels")
                    .build();
        }
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = classes.values()[i];
            if (labels[i] < 0 || labels[i] >= DIGITS) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("label " + i + " in " + folder + " is " + labels[i])
                        .available("0 to 9")
                        .build();
            }
        }
        return new DigitFiles(images.values(), labels);
    }

    /** How many there are. */
    int count() {
        return labels.length;
    }

    /** The ink of a pixel in [0, 1]. */
    double ink(int image, int y, int x) {
        return (images[(image * SIDE + y) * SIDE + x] & 0xff) / 255.0;
    }

    /** Which images are in a split. */
    int[] split(Split split) {
        return switch (split) {
            case GENERATOR -> positions(0, 6);
            case CLASSIFIER -> positions(6, 9);
            case TEST -> positions(9, 10);
        };
    }

    private int[] positions(int from, int to) {
        return IntStream.range(0, count())
                .filter(i -> i % 10 >= from && i % 10 < to)
                .toArray();
    }

    static Citation citation() {
        return new Citation(
                "lecun1998mnist",
                "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
                "Gradient-Based Learning Applied to Document Recognition",
                1998,
                "Proceedings of the IEEE 86(11)");
    }
}
