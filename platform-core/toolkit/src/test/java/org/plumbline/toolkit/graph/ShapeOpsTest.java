package org.plumbline.toolkit.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

class ShapeOpsTest {
    private static final long B = TensorSpec.BATCH;

    private final ShapeOps ops = new ShapeOps(
            "test graph",
            WeightSource.of(Map.of("frozen", new WeightSource.Weight(new double[6], 2, 3))),
            ParameterLayout.builder().add("trained", 4).build());

    private static Shape shape(long... sizes) {
        return new Shape(sizes);
    }

    private static void assertRefused(Supplier<Shape> operation, String... words) {
        PlumblineException refusal = assertThrows(PlumblineException.class, operation::get);
        assertEquals(StandardError.WRONG_SHAPE, refusal.code());
        for (String word : words) {
            assertTrue(refusal.getMessage().contains(word), () -> refusal.getMessage() + " lacks " + word);
        }
        assertTrue(refusal.getMessage().contains("test graph"), refusal.getMessage());
    }

    @Test
    void operands_broadcast_from_the_last_axis() {
        assertEquals(shape(B, 2, 3), ops.add(shape(B, 2, 3), shape(3)));
        assertEquals(shape(B, 2, 3), ops.sub(shape(2, 1), shape(B, 1, 3)));
        assertEquals(shape(B, 3), ops.mul(shape(B, 1), shape(1, 3)));
        assertEquals(shape(B), ops.div(shape(B), shape(1)));
        assertRefused(() -> ops.add(shape(B, 2), shape(B, 3)), "add", "[B, 2]", "[B, 3]");
        assertRefused(() -> ops.mul(shape(B, 2), shape(5, 2)), "mul", "[B, 2]", "[5, 2]");
        assertRefused(() -> ops.add(shape(B, 1), shape(B)), "add", "batch twice");
    }

    @Test
    void more_numbers_than_can_be_counted_are_a_wrong_shape() {
        Shape huge = shape(B, 1L << 40, 1L << 40);
        PlumblineException refusal = assertThrows(PlumblineException.class, huge::rowSize);
        assertEquals(StandardError.WRONG_SHAPE, refusal.code());
        assertTrue(refusal.getMessage().contains(huge.toString()), refusal.getMessage());
    }

    @Test
    void rows_of_the_batch_never_meet() {
        assertRefused(() -> ops.sum(shape(B, 2), false, 0), "sum", "batch");
        assertRefused(() -> ops.mean(shape(B, 2), false, 0, 1), "sum", "batch");
        assertRefused(() -> ops.softmax(shape(2, B)), "softmax");
        assertRefused(() -> ops.layerNorm(shape(B), shape(1), shape(1), 1e-5), "layerNorm");
        assertRefused(() -> ops.matmul(shape(2, B), shape(B, 3)), "matmul", "batch");
        assertRefused(() -> ops.matmul(shape(B, 3), shape(3, B)), "matmul", "batch twice");
        assertRefused(() -> ops.concat(0, List.of(shape(B, 2), shape(B, 2))), "concat", "batch");
        assertRefused(() -> ops.slice(shape(B, 2), 0, 0, 1), "slice", "batch");
        assertRefused(() -> ops.reshape(shape(2, B, 3), -1, 6), "reshape", "[2, B, 3]", "[B, 6]");
        assertRefused(() -> ops.groupNorm(shape(2, B, 2), 1, shape(2), shape(2), 1e-5), "groupNorm", "batch");
    }

    @Test
    void reshape_cuts_every_row_into_as_many_rows_and_joins_them_again() {
        Shape frames = ops.reshape(shape(B, 8, 3, 4), -1, 3, 4);
        assertEquals(shape(-8, 3, 4), frames);
        assertEquals("[8B, 3, 4]", frames.toString());
        assertEquals(shape(-24, 4), ops.reshape(frames, -1, 4));
        assertEquals(shape(B, 8, 12), ops.reshape(frames, -1, 8, 12));
        assertEquals(shape(-2, 4, 12), ops.reshape(frames, -1, 4, 12));
        assertRefused(() -> ops.reshape(frames, -1, 5, 12), "reshape", "[8B, 3, 4]");
        assertRefused(() -> ops.add(frames, shape(B, 3, 4)), "add", "[8B, 3, 4]", "[B, 3, 4]");
        assertRefused(() -> ops.sum(frames, false, 0), "sum", "batch");
        assertRefused(() -> ops.reshape(ops.transpose(shape(B, 8, 3), 1, 0, 2), -1, 3), "reshape");
    }

    @Test
    void reshape_keeps_the_number_of_elements_per_row() {
        assertEquals(shape(B, 3, 4), ops.reshape(shape(B, 2, 6), -1, 3, 4));
        assertEquals(shape(1, B, 12), ops.reshape(shape(B, 2, 6), 1, -1, 12));
        assertEquals(shape(6), ops.reshape(shape(2, 3), 6));
        assertRefused(() -> ops.reshape(shape(B, 2, 6), -1, 5), "reshape", "[B, 2, 6]", "[B, 5]");
        assertRefused(() -> ops.reshape(shape(B, 6), -1, 12), "reshape", "[B, 6]", "[B, 12]");
        assertRefused(() -> ops.reshape(shape(B, 2), 2), "reshape");
        assertRefused(() -> ops.reshape(shape(2, 3), -1, 3), "reshape");
        assertRefused(() -> ops.reshape(shape(B, 0), -1, 0), "empty");
    }

    @Test
    void sums_drop_or_keep_their_axes() {
        assertEquals(shape(B, 3), ops.sum(shape(B, 2, 3, 4), false, 1, -1));
        assertEquals(shape(B, 1, 3, 1), ops.sum(shape(B, 2, 3, 4), true, 3, 1));
        assertEquals(shape(B, 1), ops.mean(shape(B, 5), true, 1));
        assertRefused(() -> ops.sum(shape(B, 2), false, 2), "sum", "axis 2");
        assertRefused(() -> ops.sum(shape(B, 2), false, 1, -1), "sum", "twice");
    }

    @Test
    void matrix_products_need_equal_inner_sizes() {
        assertEquals(shape(B, 2, 4), ops.matmul(shape(B, 2, 3), shape(3, 4)));
        assertEquals(shape(B, 5, 2, 4), ops.matmul(shape(B, 1, 2, 3), shape(5, 3, 4)));
        assertEquals(shape(B, 4), ops.linear(shape(B, 3), shape(4, 3), shape(4)));
        assertRefused(() -> ops.matmul(shape(B, 2, 3), shape(4, 3)), "matmul", "[B, 2, 3]", "[4, 3]");
        assertRefused(() -> ops.matmul(shape(B), shape(3, 4)), "matmul");
        assertRefused(() -> ops.linear(shape(B, 3), shape(3, 4), null), "linear", "[B, 3]", "[3, 4]");
        assertRefused(() -> ops.linear(shape(B, 3), shape(4, 3), shape(3)), "linear", "[4]", "[3]");
    }

    @Test
    void attention_needs_matching_heads_and_widths() {
        assertEquals(shape(B, 2, 3, 4), ops.attention(shape(B, 2, 3, 4), shape(B, 2, 5, 4), shape(B, 2, 5, 4), false));
        assertRefused(() -> ops.attention(shape(B, 2, 3, 4), shape(B, 2, 5, 3), shape(B, 2, 5, 3), false), "attention");
        assertRefused(
                () -> ops.attention(shape(B, 2, 3, 4), shape(B, 2, 5, 4), shape(B, 2, 5, 4), true),
                "attention",
                "causal");
        assertRefused(() -> ops.attention(shape(B, 3, 4), shape(B, 3, 4), shape(B, 3, 4), false), "attention");
    }

    @Test
    void images_are_checked_for_channels_and_sizes() {
        Shape image = shape(B, 3, 8, 6);
        assertEquals(shape(B, 5, 4, 3), ops.conv2d(image, shape(5, 3, 3, 3), shape(5), 2, 1));
        assertEquals(shape(B, 5, 6, 4), ops.conv2d(image, shape(5, 3, 3, 3), null, 1, 0));
        assertEquals(shape(B, 3, 12, 9), ops.pad2d(image, 1, 2, 3, 1));
        assertEquals(shape(B, 3, 16, 12), ops.upsampleNearest2x(image));
        assertEquals(shape(B, 3, 4, 3), ops.avgPool2d(image, 2));
        assertEquals(image, ops.groupNorm(image, 3, shape(3), shape(3), 1e-5));
        assertRefused(() -> ops.conv2d(image, shape(5, 4, 3, 3), null, 1, 1), "conv2d", "[B, 3, 8, 6]", "[5, 4, 3, 3]");
        assertRefused(() -> ops.conv2d(image, shape(5, 3, 3, 1), null, 1, 1), "conv2d");
        assertRefused(() -> ops.conv2d(image, shape(5, 3, 9, 9), null, 1, 1), "conv2d", "kernel");
        assertRefused(() -> ops.conv2d(image, shape(5, 3, 3, 3), shape(3), 1, 1), "conv2d", "[5]");
        assertRefused(() -> ops.conv2d(image, shape(5, 3, 3, 3), null, 0, 1), "conv2d", "stride");
        assertRefused(() -> ops.avgPool2d(image, 4), "avgPool2d", "4");
        assertRefused(() -> ops.groupNorm(image, 2, shape(3), shape(3), 1e-5), "groupNorm", "2 groups");
        assertRefused(() -> ops.upsampleNearest2x(shape(B, 3, 8)), "upsampleNearest2x");
        assertRefused(() -> ops.pad2d(image, -1, 0, 0, 0), "pad2d");
    }

    @Test
    void axes_are_reordered_joined_and_cut() {
        assertEquals(shape(B, 4, 2, 3), ops.transpose(shape(B, 2, 3, 4), 0, 3, 1, 2));
        assertEquals(shape(B, 5, 3), ops.concat(1, List.of(shape(B, 2, 3), shape(B, 3, 3))));
        assertEquals(shape(B, 2, 2), ops.slice(shape(B, 2, 5), -1, 3, 5));
        assertEquals(shape(B, 7, 4), ops.embedding(shape(100, 4), shape(B, 7)));
        assertRefused(() -> ops.transpose(shape(B, 2, 3), 0, 1, 1), "transpose", "[0, 1, 1]");
        assertRefused(() -> ops.transpose(shape(B, 2, 3), 0, 1), "transpose");
        assertRefused(() -> ops.concat(1, List.of(shape(B, 2, 3), shape(B, 3, 4))), "concat", "[B, 3, 4]");
        assertRefused(() -> ops.concat(1, List.of()), "concat");
        assertRefused(() -> ops.slice(shape(B, 5), 1, 3, 6), "slice", "[3, 6)", "[B, 5]");
        assertRefused(() -> ops.embedding(shape(100, 4), shape(B)), "embedding", "[B]");
    }

    @Test
    void constants_and_intervals_are_checked() {
        assertEquals(shape(2, 2), ops.constant(new double[4], 2, 2));
        assertRefused(() -> ops.constant(new double[3], 2, 2), "constant", "3", "[2, 2]");
        assertRefused(() -> ops.constant(new double[2], -1, 2), "constant", "batch");
        assertRefused(() -> ops.clamp(shape(B), 1, 0), "clamp");
    }

    @Test
    void weights_are_found_among_parameters_and_frozen_ones() {
        assertEquals(shape(4), ops.weight("trained", 4));
        assertEquals(shape(2, 3), ops.weight("frozen", 2, 3));
        assertEquals(List.of("trained", "frozen"), List.copyOf(ops.weights().keySet()));
        assertRefused(() -> ops.weight("trained", 2, 2), "trained", "[2, 2]", "[4]");
        assertRefused(() -> ops.weight("frozen", 3, 2), "frozen", "[3, 2]", "[2, 3]");
        PlumblineException missing = assertThrows(PlumblineException.class, () -> ops.weight("absent", 1));
        assertEquals(StandardError.MALFORMED_FILE, missing.code());
    }

    @Test
    void a_checked_graph_knows_its_output_weights_and_largest_value() {
        CheckedGraph checked = CheckedGraph.of(
                new Wide(false),
                WeightSource.none(),
                ParameterLayout.builder().add("w", 50, 3).build());
        assertEquals(shape(B), checked.output());
        assertEquals(Map.of("w", shape(50, 3)), checked.weights());
        assertEquals(50, checked.largestRow());
    }

    @Test
    void a_graph_that_ignores_its_batch_or_its_parameters_is_refused() {
        ParameterLayout w = ParameterLayout.builder().add("w", 50, 3).build();
        PlumblineException constant =
                assertThrows(PlumblineException.class, () -> CheckedGraph.of(new Wide(true), WeightSource.none(), w));
        assertEquals(StandardError.WRONG_SHAPE, constant.code());
        ParameterLayout two =
                ParameterLayout.builder().add("w", 50, 3).add("v", 1).build();
        PlumblineException unused = assertThrows(
                PlumblineException.class, () -> CheckedGraph.of(new Wide(false), WeightSource.none(), two));
        assertEquals(StandardError.BAD_VALUE, unused.code());
        assertTrue(unused.getMessage().contains("'v'"), unused.getMessage());
    }

    /** Widens to 50 numbers and adds them up. */
    private record Wide(boolean constant) implements GraphDefinition {
        @Override
        public String name() {
            return "wide";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", B, 3));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T w = ops.weight("w", 50, 3);
            return constant ? ops.sum(w, false, 1) : ops.sum(ops.linear(inputs.get("x"), w, null), false, 1);
        }
    }
}
