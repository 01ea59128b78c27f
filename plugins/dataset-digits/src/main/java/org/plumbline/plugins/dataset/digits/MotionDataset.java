package org.plumbline.plugins.dataset.digits;

import jakarta.inject.Inject;
import java.nio.file.Path;
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
 * Clips of handwritten digits that move: 8 frames of 16x16 grey pixels, ink is white (1), paper is black (-1). Every
 * presentation of a digit draws another motion. The splits are those of {@link DigitFiles}.
 */
@Plugin(
        id = "digits-motion",
        description = "10,000 handwritten digits that move left, right, up, down or not at all, as clips of 8 frames",
        configuration = MotionDataset.Configuration.class)
final class MotionDataset implements CaptionedDataset {
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

    private final DigitFiles files;
    private final MovingDigit clips;
    private final Map<Split, int[]> splits = new EnumMap<>(Split.class);

    @Inject
    MotionDataset(Configuration configuration, PluginContext context) {
        this(context.resolve(configuration.folder()));
    }

    MotionDataset(Path folder) {
        files = DigitFiles.read(folder);
        clips = new MovingDigit(files);
        for (Split split : Split.values()) {
            splits.put(split, files.split(split));
        }
    }

    @Override
    public long[] imageShape() {
        return new long[] {1, MovingDigit.FRAMES, MovingDigit.SIDE, MovingDigit.SIDE};
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
        Motion motion = Motion.draw(random);
        int digit = files.labels()[image];
        return new Example(clips.clip(image, motion), motion.caption(digit, random), digit);
    }

    @Override
    public List<Citation> citations() {
        return List.of(DigitFiles.citation());
    }

    private int[] indices(Split split) {
        return Objects.requireNonNull(splits.get(split));
    }
}
