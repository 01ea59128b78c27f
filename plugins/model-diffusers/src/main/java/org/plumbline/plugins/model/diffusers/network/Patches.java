package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * From a latent to a sequence of its patches, to which sines and cosines of their places are added, and back (diffusers:
 * PatchEmbed).
 */
final class Patches {
    private static final double LONGEST_PERIOD = 10000;

    private final Config config;
    private final Conv2d project;
    private final @Nullable String stored;

    /**
     * The sizes.
     *
     * @param size height and width of the latent, a multiple of {@code patch}
     * @param patch height and width of a patch
     * @param in channels of the latent
     * @param width of a patch's vector
     * @param largest height and width, in patches, of a stored table, of which the middle is used; 0: none is stored
     */
    record Config(int size, int patch, int in, int width, int largest) {
        /** Patches along a side. */
        int count() {
            return size / patch;
        }
    }

    Patches(Scope scope, Config config) {
        this.config = config;
        this.project = scope.conv("proj", config.in(), config.width(), config.patch(), config.patch(), 0);
        int largest = config.largest();
        this.stored = largest == 0
                ? null
                : scope.constant(
                        "pos_embed",
                        Initialiser.of(places(largest, config)),
                        1,
                        (long) largest * largest,
                        config.width());
    }

    /** [batch, in, size, size] to [batch, patches, width]. */
    <T> T apply(Ops<T> ops, T latent) {
        return ops.add(ImageAttention.toSequence(ops, project.apply(ops, latent)), table(ops));
    }

    /** [batch, patches, patch * patch * channels] to [batch, channels, size, size]. */
    <T> T together(Ops<T> ops, T sequence, int channels) {
        int count = config.count();
        int patch = config.patch();
        T apart = ops.reshape(sequence, -1, count, count, patch, patch, channels);
        T ordered = ops.transpose(apart, 0, 5, 1, 3, 2, 4);
        return ops.reshape(ordered, -1, channels, config.size(), config.size());
    }

    private <T> T table(Ops<T> ops) {
        int count = config.count();
        int width = config.width();
        if (stored == null) {
            return ops.constant(places(count, config), 1, (long) count * count, width);
        }
        int largest = config.largest();
        int from = (largest - count) / 2;
        T whole = ops.reshape(ops.weight(stored, 1, (long) largest * largest, width), largest, largest, width);
        T middle = ops.slice(ops.slice(whole, 0, from, from + count), 1, from, from + count);
        return ops.reshape(middle, 1, (long) count * count, width);
    }

    /**
     * Sines and cosines of the column in the first half of a row, of the row in the second, in float32. Places are counted
     * in patches of the latent, however many the table has.
     */
    private static double[] places(int count, Config config) {
        int width = config.width();
        int quarter = width / 4;
        double step = (double) config.count() / count;
        double[] table = new double[count * count * width];
        for (int y = 0; y < count; y++) {
            for (int x = 0; x < count; x++) {
                int row = (y * count + x) * width;
                for (int i = 0; i < quarter; i++) {
                    double frequency = Math.pow(LONGEST_PERIOD, -(double) i / quarter);
                    table[row + i] = (float) Math.sin(x * step * frequency);
                    table[row + quarter + i] = (float) Math.cos(x * step * frequency);
                    table[row + 2 * quarter + i] = (float) Math.sin(y * step * frequency);
                    table[row + 3 * quarter + i] = (float) Math.cos(y * step * frequency);
                }
            }
        }
        return table;
    }
}
