package org.plumbline.plugins.backend.onnxruntime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/** What the contract of backends does not ask: names, theta shared by networks, and where numbers lie. */
class RuntimeNetworkTest {
    /** factor * x * w, with the names that are given. */
    private record Scaled(String input, String weight, double factor) implements GraphDefinition {
        @Override
        public String name() {
            return "scaled";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec(input, TensorSpec.BATCH, 2));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T x = Objects.requireNonNull(inputs.get(input));
            return ops.scale(ops.mul(x, ops.weight(weight, 2)), factor);
        }
    }

    private static WeightSource source(String name, double... values) {
        return WeightSource.of(Map.of(name, new WeightSource.Weight(values, 2)));
    }

    @Test
    void weights_and_inputs_may_have_the_same_name_and_any_the_name_of_the_output() {
        for (String name : List.of("x", "output", "scalar.1", "Mul.2")) {
            Scaled graph = new Scaled(name, name, 3);
            ParameterLayout layout = ParameterLayout.builder().add(name, 2).build();
            try (BackendSession session = TestSession.open();
                    Network frozen = session.compile(graph, source(name, 1, -2), ParameterLayout.empty());
                    Network trained = session.compile(graph, WeightSource.none(), layout);
                    TensorArena arena = session.arena()) {
                Map<String, Tensor> inputs = Map.of(name, arena.tensor(new double[] {1, 10}, 1, 2));
                double[] expected = {3, -60};
                assertArrayEquals(expected, frozen.forward(arena, null, inputs).toDoubles(), name);
                Tensor theta = arena.tensor(new double[] {1, -2}, 2);
                assertArrayEquals(
                        expected, trained.forward(arena, theta, inputs).toDoubles(), name);
            }
        }
    }

    @Test
    void networks_with_other_layouts_may_take_turns_on_one_theta() {
        ParameterLayout first = ParameterLayout.builder().add("a", 2).build();
        ParameterLayout second = ParameterLayout.builder().add("b", 2).build();
        try (BackendSession session = TestSession.open();
                Network twice = session.compile(new Scaled("x", "a", 2), WeightSource.none(), first);
                Network thrice = session.compile(new Scaled("x", "b", 3), WeightSource.none(), second);
                TensorArena arena = session.arena()) {
            Tensor theta = arena.tensor(new double[] {1, 5}, 2);
            Map<String, Tensor> inputs = Map.of("x", arena.tensor(new double[] {1, 1, 2, 2}, 2, 2));
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(
                        new double[] {2, 10, 4, 20},
                        twice.forward(arena, theta, inputs).toDoubles());
                assertArrayEquals(
                        new double[] {3, 15, 6, 30},
                        thrice.forward(arena, theta, inputs).toDoubles());
            }
        }
    }

    @Test
    void theta_is_read_where_it_lies_at_every_call() {
        ParameterLayout layout = ParameterLayout.builder().add("w", 2).build();
        try (BackendSession session = TestSession.open();
                Network network = session.compile(new Scaled("x", "w", 1), WeightSource.none(), layout);
                TensorArena arena = session.arena()) {
            Tensor theta = arena.tensor(new double[] {1, 2}, 2);
            Map<String, Tensor> inputs = Map.of("x", arena.tensor(new double[] {1, 1}, 1, 2));
            assertArrayEquals(
                    new double[] {1, 2}, network.forward(arena, theta, inputs).toDoubles());
            FloatBuffer memory = Objects.requireNonNull(arena.memory(theta));
            memory.put(0, 7);
            arena.accumulate(theta, 1, arena.tensor(new double[] {0, 1}, 2));
            assertArrayEquals(
                    new double[] {7, 3}, network.forward(arena, theta, inputs).toDoubles());
        }
    }

    @Test
    void a_weight_with_too_few_numbers_is_refused_by_name() {
        WeightSource broken = new WeightSource() {
            @Override
            public boolean contains(String name) {
                return true;
            }

            @Override
            public long[] shape(String name) {
                return new long[] {2};
            }

            @Override
            public float[] floats(String name) {
                return new float[1];
            }
        };
        try (BackendSession session = TestSession.open()) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> session.compile(new Scaled("x", "w", 1), broken, ParameterLayout.empty()));
            assertEquals(StandardError.MALFORMED_FILE, refusal.code());
            assertTrue(refusal.getMessage().contains("'w'"), refusal.getMessage());
        }
    }
}
