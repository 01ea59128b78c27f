package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

class TilesTest {
    private static final int HEIGHT = 12;
    private static final int WIDTH = 20;

    @ParameterizedTest
    @CsvSource({"64, 64", "65, 64", "200, 64", "13, 5", "9, 4"})
    void every_pixel_counts_once(int size, int side) {
        Tiles.Axis axis = Tiles.Axis.of(size, side);
        double[] sum = new double[3 * size];
        for (int start : axis.starts()) {
            double[] weights = axis.weights(start, 3);
            assertEquals(3 * Math.min(size, side), weights.length);
            for (int i = 0; i < weights.length; i++) {
                assertTrue(weights[i] >= 0 && weights[i] <= 1);
                sum[3 * start + i] += weights[i];
            }
        }
        for (double total : sum) {
            assertEquals(1, total, 1e-12);
        }
    }

    @Test
    void one_tile_is_the_whole_bit_for_bit() {
        assertArrayEquals(decoded(0), decoded(WIDTH));
    }

    /** The same from tiles that are decoded one by one, blended by hand. */
    @Test
    void tiles_fade_into_one_another() {
        int side = 8;
        int[] rows = {0, 4}; // the last tile ends at the end
        int[] columns = {0, 6, 12};
        double[] sum = new double[3 * 4 * HEIGHT * WIDTH];
        double[] weights = new double[4 * HEIGHT * WIDTH];
        for (int y : rows) {
            for (int x : columns) {
                double[] tile = decoded(0, cut(latent(), y, x, side), side, side);
                for (int i = 0; i < 2 * side; i++) {
                    for (int j = 0; j < 2 * side; j++) {
                        double weight = fading(i) * fading(j);
                        int place = (2 * y + i) * 2 * WIDTH + 2 * x + j;
                        weights[place] += weight;
                        for (int c = 0; c < 3; c++) {
                            sum[c * weights.length + place] += weight * tile[(c * 2 * side + i) * 2 * side + j];
                        }
                    }
                }
            }
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= weights[i % weights.length];
        }
        assertArrayEquals(sum, decoded(side), 1e-12);
        assertFalse(Arrays.equals(decoded(0), decoded(side)), "the tiles were not used");
    }

    /** Of 16 pixels the first and last 4 fade. */
    private static double fading(int pixel) {
        double toEdge = Math.min(pixel + 0.5, 16 - pixel - 0.5);
        return Math.min(1, toEdge / 4);
    }

    private static double[] cut(double[] latent, int top, int left, int side) {
        double[] cut = new double[4 * side * side];
        for (int c = 0; c < 4; c++) {
            for (int y = 0; y < side; y++) {
                int from = (c * HEIGHT + top + y) * WIDTH + left;
                System.arraycopy(latent, from, cut, (c * side + y) * side, side);
            }
        }
        return cut;
    }

    private static double[] latent() {
        SplittableRandom random = new SplittableRandom(3);
        double[] latent = new double[4 * HEIGHT * WIDTH];
        for (int i = 0; i < latent.length; i++) {
            latent[i] = random.nextGaussian();
        }
        return latent;
    }

    /** Decodes the latent in tiles of a side; 0: whole. */
    private static double[] decoded(int side) {
        return decoded(side, latent(), HEIGHT, WIDTH);
    }

    private static double[] decoded(int side, double[] latent, int height, int width) {
        ConfigFile config = ConfigFile.read(GoldenCases.resource("/golden/vae/vae/config.json"));
        Autoencoder autoencoder = new Autoencoder(Scope.root(), AutoencoderConfig.read(config));
        GraphDefinition graph = new GraphDefinition() {
            @Override
            public String name() {
                return "tiles";
            }

            @Override
            public List<TensorSpec> inputs() {
                return List.of(new TensorSpec("latent", TensorSpec.BATCH, 4, height, width));
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T input = inputs.get("latent");
                return side == 0 ? autoencoder.decode(ops, input) : new Tiles(autoencoder, side).decode(ops, input);
            }
        };
        try (SafetensorsFile weights = SafetensorsFile.open(
                        GoldenCases.resource("/golden/vae/vae/diffusion_pytorch_model.safetensors"));
                BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            return session.compile(graph, weights, ParameterLayout.empty())
                    .forward(arena, null, Map.of("latent", arena.tensor(latent, 1, 4, height, width)))
                    .toDoubles();
        }
    }
}
