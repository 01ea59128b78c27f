package org.plumbline.plugins.dataset.digits;

import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;

/**
 * Handwritten digits of 16x16 grey pixels: ink is white (1), paper is black (-1). The splits are those of
 * {@link DigitFiles}.
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
        DigitFiles files = DigitFiles.read(folder);
        int count = files.count();
        Shrink shrink = new Shrink();
        pixels = new float[count][];
        labels = files.labels();
        strokes = new Stroke[count];
        for (int i = 0; i < count; i++) {
            double[] ink = shrink.apply(files.images(), i);
            strokes[i] = Stroke.of(ink, Shrink.TO, Shrink.TO);
            pixels[i] = new float[ink.length];
            for (int p = 0; p < ink.length; p++) {
                pixels[i][p] = (float) (2 * ink[p] - 1);
            }
        }
        for (Split split : Split.values()) {
            splits.put(split, files.split(split));
        }
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
        return DigitFiles.DIGITS;
    }

    @Override
    public Example example(Split split, int index, RandomGenerator random) {
        int image = indices(split)[index];
        return new Example(pixels[image].clone(), caption.of(labels[image], strokes[image], random), labels[image]);
    }

    @Override
    public List<Citation> citations() {
        return List.of(DigitFiles.citation());
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
}
