package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.problem.TanhChain;

class ReferenceNetworkTest {
    /** Far more rows than fit in a block. */
    private static final int ROWS = 10_000;

    @Test
    void a_batch_of_many_blocks_is_the_sum_of_its_parts() {
        TanhChain graph = TanhChain.standard();
        SplittableRandom random = new SplittableRandom(1);
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session.arena()) {
            Tensor theta = arena.tensor(graph.theta(), 16);
            Tensor x = arena.tensor(random.doubles(4 * ROWS, -1, 1).toArray(), ROWS, 4, 1, 1);
            Tensor cotangent = arena.tensor(random.doubles(4 * ROWS, -1, 1).toArray(), ROWS, 4, 1, 1);
            VectorJacobian whole = network.vjp(arena, theta, Map.of("sample", x), cotangent, Set.of("sample"));

            Tensor sum = arena.zeros(16);
            int[] cuts = {0, 1, 999, 5000, ROWS};
            for (int i = 1; i < cuts.length; i++) {
                int from = cuts[i - 1];
                int to = cuts[i];
                VectorJacobian part = network.vjp(
                        arena,
                        theta,
                        Map.of("sample", arena.rows(x, from, to)),
                        arena.rows(cotangent, from, to),
                        Set.of("sample"));
                assertArrayEquals(
                        arena.rows(whole.output(), from, to).toDoubles(),
                        part.output().toDoubles());
                assertArrayEquals(
                        arena.rows(whole.inputGradients().get("sample"), from, to)
                                .toDoubles(),
                        part.inputGradients().get("sample").toDoubles());
                arena.accumulate(sum, 1, part.parameterGradient());
            }
            assertArrayEquals(sum.toDoubles(), whole.parameterGradient().toDoubles(), 1e-10);
            assertArrayEquals(
                    whole.output().toDoubles(),
                    network.forward(arena, theta, Map.of("sample", x)).toDoubles());
        }
    }

    @Test
    void what_needs_no_gradient_leaves_no_trace() {
        Tape tape = new Tape();
        Value frozen = Value.constant(new int[] {2, 2}, new double[] {1, 2, 3, 4});
        ReferenceOps ops = new ReferenceOps(tape, Map.of("w", frozen));
        Value constant = Value.constant(new int[] {1, 2}, new double[] {1, -1});
        Value input = new Value(new int[] {1, 2}, new double[] {0.5, 2}, true);

        assertFalse(ops.tanh(ops.linear(constant, ops.weight("w", 2, 2), null)).tracked);
        Value output = ops.mul(ops.linear(input, ops.weight("w", 2, 2), null), constant);
        assertTrue(output.tracked);
        tape.sweep(output, new double[] {1, 10});
        assertArrayEquals(new double[] {1 - 30, 2 - 40}, input.gradient());
        assertNull(frozen.takeGradient());
        assertNull(constant.takeGradient());
    }

    @Test
    void an_embedding_refuses_what_is_no_row_of_its_table() {
        GraphDefinition graph = new Lookup();
        WeightSource table = WeightSource.of(Map.of("table", new WeightSource.Weight(new double[] {1, 2, 3}, 3, 1)));
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(graph, table, ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor good = arena.tensor(new double[] {2, 0}, 1, 2);
            assertArrayEquals(
                    new double[] {3, 1},
                    network.forward(arena, null, Map.of("tokens", good)).toDoubles());
            for (double bad : new double[] {3, -1, 0.5, Double.NaN}) {
                Tensor tokens = arena.tensor(new double[] {0, bad}, 1, 2);
                PlumblineException refusal = assertThrows(
                        PlumblineException.class, () -> network.forward(arena, null, Map.of("tokens", tokens)));
                assertEquals(StandardError.BAD_VALUE, refusal.code());
                assertTrue(refusal.getMessage().contains("from 0 to 2"), refusal.getMessage());
            }
        }
    }

    private static final class Lookup implements GraphDefinition {
        @Override
        public String name() {
            return "lookup";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("tokens", TensorSpec.BATCH, 2));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            return ops.embedding(ops.weight("table", 3, 1), inputs.get("tokens"));
        }
    }

    @Test
    void numbers_that_are_not_finite_are_passed_on() {
        ReferenceOps ops = new ReferenceOps(new Tape(), Map.of());
        Value nan = Value.constant(new int[] {1}, new double[] {Double.NaN});
        for (Value result : List.of(
                ops.relu(nan),
                ops.clamp(nan, -1, 1),
                ops.tanh(nan),
                ops.sigmoid(nan),
                ops.gelu(nan),
                ops.silu(nan),
                ops.softmax(nan),
                ops.logSoftmax(nan))) {
            assertTrue(Double.isNaN(result.data[0]), () -> Arrays.toString(result.data));
        }
    }
}
