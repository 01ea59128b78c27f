package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.toolkit.statistics.Vectors;

/** What the settings of the backend change in the numbers of a UNet, and what they must not. */
class UNetOnTorchTest {
    /** Float32 sums in another order: a few units in the last place, 6e-8 each, on the way through the network. */
    private static final double ORDER_OF_SUMS = 3e-6;

    static List<Path> cases() {
        return List.of(GoldenCases.resource("/golden/unet2d_ddpm"), GoldenCases.resource("/golden/unet_sd1"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void recomputed_segments_give_the_gradients_of_stored_activations(Path folder) {
        UNetGolden golden = UNetGolden.read(folder);
        UNetGolden.Pulled stored = golden.pull(Torch.backend());
        UNetGolden.Pulled recomputed = golden.pull(Torch.backend(Map.of("recompute", "segments")));
        assertArrayEquals(stored.output(), recomputed.output());
        assertClose(stored, recomputed, ORDER_OF_SUMS, ORDER_OF_SUMS);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rows_on_two_workers_give_the_gradients_of_one_and_the_same_bits_twice(Path folder) {
        UNetGolden golden = UNetGolden.read(folder);
        ComputeBackend two = Torch.backend(Map.of("workers", 2));
        UNetGolden.Pulled pulled = golden.pull(two);
        assertClose(golden.pull(Torch.backend()), pulled, ORDER_OF_SUMS, ORDER_OF_SUMS);
        assertSameBits(pulled, golden.pull(two));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void bfloat16_is_as_far_away_as_its_rounding(Path folder) {
        assertRounded(UNetGolden.read(folder), "bfloat16", 0x1p-8);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void float16_is_as_far_away_as_its_rounding(Path folder) {
        assertRounded(UNetGolden.read(folder), "float16", 0x1p-11);
    }

    /**
     * A product rounds both operands and the result, each by at most {@code unit} of its size; rounding errors of many
     * products do not know of one another, so that they add up like the steps of a random walk. No path through the
     * network has more products than the network has matrices; a gradient goes there and back.
     */
    private static void assertRounded(UNetGolden golden, String precision, double unit) {
        long matrices = golden.layout().entries().stream()
                .filter(entry -> entry.shape().length > 1)
                .count();
        double there = unit * Math.sqrt(3.0 * matrices);
        double andBack = unit * Math.sqrt(6.0 * matrices);
        UNetGolden.Pulled full = golden.pull(Torch.backend());
        UNetGolden.Pulled low = golden.pull(Torch.backend(Map.of("precision", precision)));
        assertClose(full, low, there, andBack);
        double error = distance(full.output(), low.output());
        assertTrue(error > unit / 4, precision + " was not used: error " + error);
        double cosine = Vectors.dot(full.theta(), low.theta()) / Vectors.norm(full.theta()) / Vectors.norm(low.theta());
        assertTrue(cosine > 1 - andBack * andBack / 2, "cosine of the gradients " + cosine);
        assertSameBits(low, golden.pull(Torch.backend(Map.of("precision", precision))));
        Map<String, ?> recomputing = Map.of("precision", precision, "recompute", "segments", "workers", 2);
        assertClose(full, golden.pull(Torch.backend(recomputing)), there, andBack);
    }

    private static void assertSameBits(UNetGolden.Pulled one, UNetGolden.Pulled other) {
        assertArrayEquals(one.output(), other.output());
        assertArrayEquals(one.sample(), other.sample());
        assertArrayEquals(one.condition(), other.condition());
        assertArrayEquals(one.theta(), other.theta());
    }

    private static void assertClose(
            UNetGolden.Pulled expected, UNetGolden.Pulled found, double ofOutput, double ofGradients) {
        assertWithin(ofOutput, "output", expected.output(), found.output());
        assertWithin(ofGradients, "gradient of the sample", expected.sample(), found.sample());
        assertWithin(ofGradients, "gradient of the condition", expected.condition(), found.condition());
        assertWithin(ofGradients, "gradient of theta", expected.theta(), found.theta());
    }

    private static void assertWithin(double tolerance, String what, double[] expected, double[] found) {
        double distance = distance(expected, found);
        assertTrue(distance <= tolerance, what + " differs by " + distance + " of its length, allowed " + tolerance);
    }

    /** Length of the difference relative to the length. */
    private static double distance(double[] expected, double[] found) {
        return expected.length == 0 ? 0 : Vectors.norm(Vectors.difference(found, expected)) / Vectors.norm(expected);
    }
}
