package org.plumbline.toolkit.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;

/** Counts against what pencil and paper give. */
class GraphCostTest {
    private interface Body {
        <T> T build(Ops<T> ops, T x);
    }

    private static GraphCost cost(Body body, boolean trained, long... shape) {
        return GraphCost.of(
                new GraphDefinition() {
                    @Override
                    public String name() {
                        return "test";
                    }

                    @Override
                    public List<TensorSpec> inputs() {
                        return List.of(new TensorSpec("x", shape));
                    }

                    @Override
                    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                        return body.build(ops, Objects.requireNonNull(inputs.get("x")));
                    }
                },
                name -> trained);
    }

    @Test
    void a_convolution_has_its_window_for_every_number_of_its_result() {
        Body body = new Body() {
            @Override
            public <T> T build(Ops<T> ops, T x) {
                return ops.conv2d(x, ops.weight("w", 5, 3, 3, 3), ops.weight("b", 5), 2, 1);
            }
        };
        // 5 x 4 x 4 results of 27 products; the input of 3 x 8 x 8 is only needed for the gradient of the weight.
        assertEquals(new GraphCost(80 * 27, 0, 0, 192, 140), cost(body, false, -1, 3, 8, 8));
        assertEquals(new GraphCost(80 * 27, 192, 192, 192, 140), cost(body, true, -1, 3, 8, 8));
    }

    @Test
    void attention_multiplies_queries_with_keys_and_weights_with_values() {
        Body body = new Body() {
            @Override
            public <T> T build(Ops<T> ops, T x) {
                T q = ops.linear(x, ops.weight("q", 8, 8), null);
                T k = ops.linear(x, ops.weight("k", 8, 8), null);
                T heads = ops.transpose(ops.reshape(q, -1, 6, 2, 4), 0, 2, 1, 3);
                T keys = ops.transpose(ops.reshape(k, -1, 6, 2, 4), 0, 2, 1, 3);
                return ops.attention(heads, keys, keys, false);
            }
        };
        // Two layers of 6 x 8 x 8; scores 2 x 6 x 6 of 4 products, and as many again. Kept: queries, keys (as values
        // too),
        // and the result, 48 numbers each, though they are seen through views.
        assertEquals(2 * 6 * 64 + 2 * 72 * 4, cost(body, false, -1, 6, 8).multiplyAdds());
        assertEquals(3 * 48, cost(body, false, -1, 6, 8).kept());
    }

    @Test
    void segments_keep_their_boundaries_and_one_segment() {
        Body body = new Body() {
            @Override
            public <T> T build(Ops<T> ops, T x) {
                T h = ops.boundary(ops.tanh(ops.exp(x)));
                h = ops.boundary(ops.tanh(ops.exp(ops.sin(h))));
                return ops.exp(h);
            }
        };
        // Kept without segments: every operand. With: two boundaries, and the three operands of the second segment.
        assertEquals(6 * 7, cost(body, false, -1, 7).kept());
        assertEquals((2 + 3) * 7, cost(body, false, -1, 7).keptInSegments());
    }

    @Test
    void rows_that_were_cut_count_as_often_as_they_are() {
        Body body = new Body() {
            @Override
            public <T> T build(Ops<T> ops, T x) {
                T frames = ops.reshape(x, -1, 4);
                return ops.reshape(ops.linear(frames, ops.weight("w", 4, 4), null), -1, 3, 4);
            }
        };
        assertEquals(3 * 16, cost(body, false, -1, 3, 4).multiplyAdds());
        assertEquals(16, cost(body, false, -1, 3, 4).weights());
    }
}
