package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.plumbline.spi.graph.Ops;

/**
 * Decodes a large latent in tiles that overlap by a quarter, where one fades into the next. Memory is then that of a tile
 * (the attention of a decoder grows with the fourth power of a side), at a price: every tile is normalised by itself and
 * does not see the others, so that the picture differs from the one that is decoded whole.
 *
 * @param autoencoder the decoder
 * @param side height and width of a tile, in numbers of the latent; at least 4
 */
public record Tiles(Autoencoder autoencoder, int side) {
    /** [batch, latent, height, width] to [batch, out, ...]. */
    public <T> T decode(Ops<T> ops, T latent) {
        long[] shape = ops.shape(latent);
        int pixels = autoencoder.config().pixelSize();
        Axis rows = Axis.of(Math.toIntExact(shape[2]), side);
        Axis columns = Axis.of(Math.toIntExact(shape[3]), side);
        T picture = null;
        for (int y : rows.starts()) {
            T band = ops.slice(latent, 2, y, y + (long) rows.length());
            for (int x : columns.starts()) {
                T tile = autoencoder.decode(ops, ops.slice(band, 3, x, x + (long) columns.length()));
                T weighed = ops.mul(
                        tile,
                        ops.constant(
                                weights(rows, y, columns, x, pixels),
                                1,
                                1,
                                (long) pixels * rows.length(),
                                (long) pixels * columns.length()));
                T placed = ops.pad2d(
                        weighed,
                        pixels * x,
                        pixels * (columns.size() - x - columns.length()),
                        pixels * y,
                        pixels * (rows.size() - y - rows.length()));
                picture = ops.boundary(picture == null ? placed : ops.add(picture, placed));
            }
        }
        return Objects.requireNonNull(picture);
    }

    private static double[] weights(Axis rows, int y, Axis columns, int x, int pixels) {
        double[] ofRows = rows.weights(y, pixels);
        double[] ofColumns = columns.weights(x, pixels);
        double[] weights = new double[ofRows.length * ofColumns.length];
        for (int i = 0; i < ofRows.length; i++) {
            for (int j = 0; j < ofColumns.length; j++) {
                weights[i * ofColumns.length + j] = ofRows[i] * ofColumns[j];
            }
        }
        return weights;
    }

    /**
     * Where tiles lie along one axis.
     *
     * @param size of the latent
     * @param length of a tile
     * @param starts of the tiles; the last one ends at the end
     */
    record Axis(int size, int length, List<Integer> starts) {
        static Axis of(int size, int side) {
            int length = Math.min(size, side);
            List<Integer> starts = new ArrayList<>();
            int step = Math.max(1, length - length / 4);
            for (int start = 0; start + length < size; start += step) {
                starts.add(start);
            }
            starts.add(size - length);
            return new Axis(size, length, List.copyOf(starts));
        }

        /** What each pixel of a tile counts; over all tiles that hold a pixel the sum is 1. */
        double[] weights(int start, int pixels) {
            double[] weights = new double[pixels * length];
            for (int i = 0; i < weights.length; i++) {
                double place = start + (i + 0.5) / pixels;
                double sum = 0;
                for (int other : starts) {
                    sum += tent(other, place);
                }
                weights[i] = tent(start, place) / sum;
            }
            return weights;
        }

        /** Falls linearly towards both ends of a tile over a quarter of it; 0 outside. */
        private double tent(int start, double place) {
            double inside = Math.min(place - start, start + length - place);
            return Math.max(0, Math.min(1, inside / Math.max(1, length / 4)));
        }
    }
}
