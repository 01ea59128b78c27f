package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
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
import org.plumbline.testkit.estimator.CrankyBackend;
import org.plumbline.testkit.estimator.MeteredBackend;

/** Who does what in a composite, and that it finds out when the two disagree. */
class CompositeBackendTest {
    private static final ParameterLayout LAYOUT =
            ParameterLayout.builder().add("w", 2, 2).build();

    /** y = tanh(W x), times a factor. */
    private record Layer(double factor) implements GraphDefinition {
        @Override
        public String name() {
            return "layer";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", TensorSpec.BATCH, 2));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T x = Objects.requireNonNull(inputs.get("x"));
            return ops.scale(ops.tanh(ops.linear(x, ops.weight("w", 2, 2), null)), factor);
        }
    }

    /** Computes everything a little larger than it is. */
    private record Skewed(double factor, boolean float64) implements ComputeBackend {
        @Override
        public Set<Capability> capabilities() {
            Set<Capability> capabilities = EnumSet.of(Capability.FORWARD, Capability.VJP);
            if (float64) {
                capabilities.add(Capability.FLOAT64);
            }
            return capabilities;
        }

        @Override
        public String description() {
            return "skewed";
        }

        @Override
        public BackendSession open() {
            BackendSession session = new ReferenceBackend().open();
            return new BackendSession() {
                @Override
                public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
                    return session.compile(new Layer(factor), frozen, trainable);
                }

                @Override
                public TensorArena arena() {
                    return session.arena();
                }

                @Override
                public void close() {
                    session.close();
                }
            };
        }
    }

    private interface Calls {
        void on(Network network, TensorArena arena, Tensor theta, Map<String, Tensor> inputs);
    }

    private static void run(ComputeBackend backend, Calls calls) {
        try (BackendSession session = backend.open();
                Network network = session.compile(new Layer(1), WeightSource.none(), LAYOUT);
                TensorArena arena = session.arena()) {
            Tensor theta = arena.tensor(new double[] {0.5, -1, 0.25, 2}, 4);
            calls.on(network, arena, theta, Map.of("x", arena.tensor(new double[] {1, 2, -3, 0.5}, 2, 2)));
        }
    }

    @Test
    void one_runs_forward_and_the_other_one_pulls_back() {
        CrankyBackend gradients = new CrankyBackend(new ReferenceBackend());
        CrankyBackend rollouts = new CrankyBackend(new MeteredBackend(new ReferenceBackend(), true));
        run(new CompositeBackend(gradients, rollouts), (network, arena, theta, inputs) -> {
            Tensor output = network.forward(arena, theta, inputs);
            assertEquals(1, rollouts.calls());
            assertEquals(1, gradients.calls(), "the first forward pass is made on both");
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(
                        output.toDoubles(),
                        network.forward(arena, theta, inputs).toDoubles());
            }
            network.vjp(arena, theta, inputs, output, Set.of("x"));
            assertEquals(4, rollouts.calls());
            assertEquals(2, gradients.calls());
        });
    }

    @Test
    void nothing_is_left_alive_on_either_side() {
        MeteredBackend gradients = new MeteredBackend(new ReferenceBackend(), false);
        MeteredBackend rollouts = new MeteredBackend(new ReferenceBackend(), true);
        run(new CompositeBackend(gradients, rollouts), (network, arena, theta, inputs) -> {
            int before = gradients.aliveTensors();
            for (int i = 0; i < 3; i++) {
                try (TensorArena step = arena.nested()) {
                    network.forward(step, theta, inputs);
                }
            }
            assertEquals(before, gradients.aliveTensors());
            assertEquals(0, rollouts.aliveTensors());
        });
        assertEquals(0, gradients.aliveTensors());
    }

    @Test
    void a_difference_beyond_rounding_is_a_disagreement_that_names_both_and_how_far_they_are_apart() {
        CompositeBackend composite = new CompositeBackend(new ReferenceBackend(), new Skewed(1 + 3e-4, false));
        run(composite, (network, arena, theta, inputs) -> {
            for (int i = 0; i < 2; i++) {
                PlumblineException failure =
                        assertThrows(PlumblineException.class, () -> network.forward(arena, theta, inputs));
                assertEquals(StandardError.DISAGREEMENT, failure.code());
                for (String word : List.of("layer", "reference, plain Java", "skewed", "0.000300", "1e-04")) {
                    assertTrue(String.valueOf(failure.getMessage()).contains(word), failure.getMessage());
                }
            }
        });
    }

    @Test
    void the_tolerance_is_that_of_the_coarser_backend() {
        Consumer<ComputeBackend> forward = rollouts -> run(
                new CompositeBackend(new ReferenceBackend(), rollouts),
                (network, arena, theta, inputs) -> network.forward(arena, theta, inputs));
        forward.accept(new Skewed(1 + 5e-5, false));
        forward.accept(new Skewed(1 + 5e-11, true));
        assertThrows(PlumblineException.class, () -> forward.accept(new Skewed(1 + 5e-5, true)));
    }

    @Test
    void a_number_that_is_none_on_one_side_only_is_a_disagreement() {
        CrankyBackend rollouts = new CrankyBackend(new ReferenceBackend());
        rollouts.failAt(CrankyBackend.Fault.NOT_A_NUMBER, 0);
        run(new CompositeBackend(new ReferenceBackend(), rollouts), (network, arena, theta, inputs) -> {
            PlumblineException failure =
                    assertThrows(PlumblineException.class, () -> network.forward(arena, theta, inputs));
            assertEquals(StandardError.DISAGREEMENT, failure.code());
        });
    }

    @Test
    void an_output_that_is_not_finite_on_both_sides_is_left_to_the_host_and_proves_nothing() {
        CompositeBackend composite = new CompositeBackend(new ReferenceBackend(), new Skewed(1.1, false));
        run(composite, (network, arena, theta, inputs) -> {
            Tensor lost = arena.tensor(new double[] {Double.NaN, 0, 0, 0}, 4);
            assertTrue(Double.isNaN(network.forward(arena, lost, inputs).toDoubles()[0]));
            assertThrows(PlumblineException.class, () -> network.forward(arena, theta, inputs));
        });
    }

    @Test
    void it_can_what_the_backend_for_gradients_can_and_float64_only_if_both_can() {
        ComputeBackend reference = new ReferenceBackend();
        ComputeBackend forwardOnly = new MeteredBackend(reference, true);
        ComputeBackend single = new Skewed(1, false);
        assertEquals(EnumSet.allOf(Capability.class), new CompositeBackend(reference, forwardOnly).capabilities());
        assertEquals(
                EnumSet.of(Capability.FORWARD, Capability.VJP), new CompositeBackend(reference, single).capabilities());
        assertEquals(
                EnumSet.of(Capability.FORWARD, Capability.FLOAT64),
                new CompositeBackend(forwardOnly, reference).capabilities());
        String description = new CompositeBackend(reference, single).description();
        assertTrue(description.contains(reference.description()) && description.contains("skewed"), description);
    }
}
