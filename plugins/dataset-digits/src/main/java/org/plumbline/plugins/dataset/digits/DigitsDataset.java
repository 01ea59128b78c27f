package org.plumbline.plugins.dataset.digits;

import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;

/**
 * Handwritten digits of 16x16 grey pixels: ink is white (1), paper is black (-1).
 *
 * <p>The position of an image in the file decides its split: of ten images in a row, the first six are for the
 * generator, the next three for the classifier and the last one for tests.
 */
@Plugin(
        id = "digits",
        description = "10,000 handwritten digits of 16x16 pixels with captions about thickness and slant",
        configuration = DigitsDataset.Configuration.class)
final class DigitsDataset implements CaptionedDataset {
    /**
     * Settings.
     *
     * @param folder where the two IDX files are
     */
    record Configuration(
            @Setting(
                    description = "folder with t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz",
                    defaultValue = "data/mnist")
            String folder) {}

    private static final int DIGITS = 10;

    private final float[][] pixels;
    private final int[] labels;
    private final Stroke[] strokes;
    private final Map<Split, int[]> splits = new EnumMap<>(Split.class);
    private final Caption caption;

    @Inject
    DigitsDataset(Configuration configuration, PluginContext context) {
        this(context.resolve(configuration.folder()));
    }

    DigitsDataset(Path folder) {
        IdxFile images = IdxFile.read(folder.resolve("t10k-images-idx3-ubyte.gz"), 3);
        IdxFile classes = IdxFile.read(folder.resolve("t10k-labels-idx1-ubyte.gz"), 1);
        int count = images.sizes()[0];
        if (images.sizes()[1] != Shrink.FROM || images.sizes()[2] != Shrink.FROM || classes.sizes()[0] != count) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("the files in " + folder + " hold images of " + Arrays.toString(images.sizes())
                            + " and labels of " + Arrays.toString(classes.sizes()))
                    .available("n images of 28x28 pixels with n labels")
                    .build();
        }
        Shrink shrink = new Shrink();
        pixels = new float[count][];
        labels = new int[count];
        strokes = new Stroke[count];
        for (int i = 0; i < count; i++) {
            double[] ink = shrink.apply(images.values(), i);
            strokes[i] = Stroke.of(ink, Shrink.TO, Shrink.TO);
            pixels[i] = new float[ink.length];
            for (int p = 0; p < ink.length; p++) {
                pixels[i][p] = (float) (2 * ink[p] - 1);
            }
            labels[i] = classes.values()[i];
            if (labels[i] < 0 || labels[i] >= DIGITS) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("label " + i + " in " + folder + " is " + labels[i])
                        .available("0 to 9")
                        .build();
            }
        }
        splits.put(Split.GENERATOR, positions(count, 0, 6));
        splits.put(Split.CLASSIFIER, positions(count, 6, 9));
        splits.put(Split.TEST, positions(count, 9, 10));
        caption = Caption.relativeTo(Arrays.stream(indices(Split.GENERATOR))
                .mapToObj(i -> strokes[i])
                .toList());
    }

    @Override
    public long[] imageShape() {
        return new long[] {1, Shrink.TO, Shrink.TO};
    }

    @Override
    public int size(Split split) {
        return indices(split).length;
    }

    @Override
    public int classes() {
        return DIGITS;
    }

    @Override
    public Example example(Split split, int index, RandomGenerator random) {
        int image = indices(split)[index];
        return new Example(pixels[image].clone(), caption.of(labels[image], strokes[image], random), labels[image]);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "lecun1998mnist",
                "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
                "Gradient-Based Learning Applied to Document Recognition",
                1998,
                "Proceedings of the IEEE 86(11)"));
    }

    /** The measured stroke of an example. */
    Stroke stroke(Split split, int index) {
        return strokes[indices(split)[index]];
    }

    /** The rule by which captions are made. */
    Caption caption() {
        return caption;
    }

    private int[] indices(Split split) {
        return Objects.requireNonNull(splits.get(split));
    }

    private static int[] positions(int count, int from, int to) {
        return IntStream.range(0, count)
                .filter(i -> i % 10 >= from && i % 10 < to)
                .toArray();
    }
}
