package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/**
 * What a backend must keep that shares memory: its own by {@link TensorArena#memory}, or other people's by {@link
 * TensorArena#view}. One that shares none must say so at every place.
 */
public abstract class SharedMemoryContract extends RefusalContract {
    SharedMemoryContract() {}

    private boolean lends() {
        try (TensorArena arena = session().arena()) {
            return arena.memory(arena.zeros(1)) != null;
        }
    }

    private boolean borrows() {
        try (TensorArena arena = session().arena()) {
            return arena.view(buffer(0), 1) != null;
        }
    }

    private static FloatBuffer buffer(double... values) {
        FloatBuffer buffer = ByteBuffer.allocateDirect(values.length * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < values.length; i++) {
            buffer.put(i, (float) values[i]);
        }
        return buffer;
    }

    private static double[] numbers(FloatBuffer buffer) {
        double[] values = new double[buffer.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = buffer.get(buffer.position() + i);
        }
        return values;
    }

    private static FloatBuffer memory(TensorArena arena, Tensor x) {
        return Objects.requireNonNull(arena.memory(x), "no memory");
    }

    private static Tensor view(TensorArena arena, FloatBuffer memory, long... shape) {
        return Objects.requireNonNull(arena.view(memory, shape), "no view");
    }

    @Test
    public void the_memory_of_a_tensor_holds_its_numbers() {
        assumeTrue(lends());
        try (TensorArena arena = session().arena()) {
            Tensor x = randomTensor(arena, 1, 3, 2, 2);
            Tensor sum = arena.combine(new double[] {2, -1}, List.of(x, arena.zeros(3, 2, 2)));
            for (Tensor any : List.of(x, arena.zeros(5), sum, arena.rows(x, 1, 3), arena.concatRows(List.of(x, sum)))) {
                FloatBuffer memory = memory(arena, any);
                assertTrue(memory.isDirect());
                assertEquals(ByteOrder.nativeOrder(), memory.order());
                assertEquals(0, memory.position());
                assertArrayEquals(any.toDoubles(), numbers(memory));
            }
        }
    }

    @Test
    public void the_memory_of_a_tensor_is_no_copy() {
        assumeTrue(lends());
        try (TensorArena arena = session().arena()) {
            Tensor x = arena.tensor(new double[] {1, 2, 3}, 3);
            FloatBuffer memory = memory(arena, x);
            arena.accumulate(x, 1, x);
            assertArrayEquals(new double[] {2, 4, 6}, numbers(memory));
            memory.put(1, -7);
            assertArrayEquals(new double[] {2, -7, 6}, x.toDoubles());
            memory.position(2);
            assertArrayEquals(new double[] {2, -7, 6}, numbers(memory(arena, x)), "after a move of the first buffer");
        }
    }

    @Test
    public void adopted_tensors_keep_their_memory() {
        assumeTrue(lends());
        try (TensorArena arena = session().arena()) {
            FloatBuffer memory;
            Tensor kept;
            try (TensorArena nested = arena.nested()) {
                kept = arena.adopt(nested.tensor(new double[] {1, 2}, 2));
                memory = memory(arena, kept);
            }
            // What is freed may be given to these.
            for (int i = 0; i < 8; i++) {
                arena.tensor(new double[] {8, 8}, 2);
            }
            assertArrayEquals(new double[] {1, 2}, numbers(memory));
            assertArrayEquals(new double[] {1, 2}, kept.toDoubles());
        }
    }

    @Test
    public void memory_of_closed_and_foreign_tensors_is_refused() {
        assumeTrue(lends());
        TensorArena gone = session().arena();
        gone.close();
        try (BackendSession other = tested().open();
                TensorArena arena = session().arena();
                TensorArena foreign = other.arena()) {
            Tensor closed = arena.zeros(2);
            closed.close();
            Tensor open = arena.zeros(2);
            StandardError broken = StandardError.PLUGIN_CONTRACT;
            assertRefused(broken, () -> arena.memory(closed), "closed");
            assertRefused(broken, () -> arena.memory(foreign.zeros(2)), "session");
            assertRefused(broken, () -> gone.memory(open), "closed");
        }
    }

    @Test
    public void a_view_is_no_copy_and_leaves_the_memory_to_its_owner() {
        assumeTrue(borrows());
        FloatBuffer memory = buffer(9, 1, 2, 3, 4, 9);
        memory.position(1).limit(5);
        try (TensorArena arena = session().arena()) {
            Tensor view = view(arena, memory, 2, 2);
            assertArrayEquals(new long[] {2, 2}, view.shape());
            assertArrayEquals(new double[] {1, 2, 3, 4}, view.toDoubles());
            memory.put(2, 5);
            assertArrayEquals(new double[] {1, 5, 3, 4}, view.toDoubles());
            arena.accumulate(view, 2, view);
            assertArrayEquals(new double[] {3, 15, 9, 12}, numbers(memory));
            assertArrayEquals(
                    new double[] {9, 12}, arena.rows(view, 1, 2).toDoubles(), "an operation on the second row");
            view.close();
            assertRefused(StandardError.PLUGIN_CONTRACT, view::toDoubles, "closed");
        }
        assertArrayEquals(new double[] {9, 3, 15, 9, 12, 9}, numbers(memory.clear()));
    }

    @Test
    public void a_view_dies_with_its_arena_and_its_memory_is_not_given_away() {
        assumeTrue(borrows());
        FloatBuffer memory = buffer(1, 2);
        TensorArena arena = session().arena();
        Tensor view = view(arena, memory, 2);
        arena.close();
        assertRefused(StandardError.PLUGIN_CONTRACT, view::toDoubles, "closed");
        try (TensorArena next = session().arena()) {
            for (int i = 0; i < 8; i++) {
                next.tensor(new double[] {8, 8}, 2);
            }
        }
        assertArrayEquals(new double[] {1, 2}, numbers(memory));
        assertRefused(StandardError.PLUGIN_CONTRACT, () -> arena.view(memory, 2), "closed");
    }

    @Test
    public void views_that_do_not_fit_are_refused() {
        assumeTrue(borrows());
        try (TensorArena arena = session().arena()) {
            FloatBuffer memory = buffer(1, 2, 3);
            assertRefused(StandardError.WRONG_SHAPE, () -> arena.view(memory, 2, 2), "3", "[2, 2]");
            FloatBuffer heap = FloatBuffer.allocate(3);
            assertRefused(StandardError.PLUGIN_CONTRACT, () -> arena.view(heap, 3), "direct");
            ByteOrder wrong =
                    ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
            FloatBuffer swapped = ByteBuffer.allocateDirect(12).order(wrong).asFloatBuffer();
            assertRefused(StandardError.PLUGIN_CONTRACT, () -> arena.view(swapped, 3), "byte order");
        }
    }

    @Test
    public void networks_compute_on_views_as_on_tensors() {
        assumeTrue(borrows());
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            double[] expected = network.forward(arena, arena.tensor(theta, theta.length), inputs)
                    .toDoubles();
            Tensor sample = Objects.requireNonNull(inputs.get("sample"));
            FloatBuffer shared = buffer(theta);
            Tensor parameters = view(arena, shared, theta.length);
            Map<String, Tensor> ofViews =
                    with(inputs, "sample", view(arena, buffer(sample.toDoubles()), sample.shape()));
            assertArrayEquals(
                    expected, network.forward(arena, parameters, ofViews).toDoubles());
            shared.put(theta.length - 1, shared.get(theta.length - 1) + 1);
            double[] moved = network.forward(arena, parameters, ofViews).toDoubles();
            assertEquals(expected[expected.length - 1] + 1, moved[moved.length - 1], tolerance(), "the last bias");
        }
    }

    @Test
    public void an_output_goes_where_it_is_wanted() {
        SmallNetwork graph = new SmallNetwork();
        try (Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            Tensor result = randomTensor(arena, 1, 2, 2, 4, 4);
            if (!borrows()) {
                // It may be able to all the same; it must not do something else.
                try {
                    network.forwardInto(result, null, inputs);
                } catch (UnsupportedOperationException refused) {
                    return;
                }
            } else {
                network.forwardInto(result, null, inputs);
            }
            double[] expected = network.forward(arena, null, inputs).toDoubles();
            assertArrayEquals(expected, result.toDoubles());
            if (borrows()) {
                FloatBuffer memory = buffer(new double[expected.length]);
                network.forwardInto(view(arena, memory, 2, 2, 4, 4), null, inputs);
                assertArrayEquals(expected, numbers(memory));
            }
        }
    }

    @Test
    public void results_that_do_not_fit_are_refused() {
        assumeTrue(borrows());
        SmallNetwork graph = new SmallNetwork();
        StandardError broken = StandardError.PLUGIN_CONTRACT;
        try (BackendSession other = tested().open();
                Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena();
                TensorArena foreign = other.arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            Tensor small = arena.zeros(1, 2, 4, 4);
            Tensor closed = arena.zeros(2, 2, 4, 4);
            closed.close();
            assertRefused(StandardError.WRONG_SHAPE, () -> network.forwardInto(small, null, inputs), "[2, 2, 4, 4]");
            assertRefused(broken, () -> network.forwardInto(closed, null, inputs), "closed");
            Tensor abroad = foreign.zeros(2, 2, 4, 4);
            assertRefused(broken, () -> network.forwardInto(abroad, null, inputs), "session");
            Tensor good = arena.zeros(2, 2, 4, 4);
            assertRefused(broken, () -> network.forwardInto(good, null, Map.of()), "sample");
            Network gone = session().compile(graph, graph.weights(), ParameterLayout.empty());
            gone.close();
            assertRefused(broken, () -> gone.forwardInto(good, null, inputs), "closed");
        }
    }
}
