package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/** What networks must compute. */
public abstract class NetworkContract extends SharedMemoryContract {
    NetworkContract() {}

    /**
     * A float64 backend that is trusted, for networks that are too large for a formula. A backend that computes in
     * float64 itself needs none: its gradients are compared with its own finite differences.
     */
    protected Optional<ComputeBackend> oracle() {
        return Optional.empty();
    }

    @Test
    public void a_network_has_the_right_output() {
        Optional<ComputeBackend> oracle = oracle();
        assumeTrue(oracle.isPresent());
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        Values values = graph.inputs(3);
        try (ComputeBackend trusted = oracle.get();
                BackendSession other = trusted.open();
                Network same = other.compile(graph, WeightSource.none(), graph.layout());
                Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena theirs = other.arena();
                TensorArena arena = session().arena()) {
            Tensor expected = same.forward(theirs, theirs.tensor(theta, theta.length), inputs(theirs, same, values));
            Tensor found = network.forward(arena, arena.tensor(theta, theta.length), inputs(arena, network, values));
            assertClose(expected.toDoubles(), found.toDoubles(), tolerance(), "output");
        }
    }

    @Test
    public void without_the_capability_vector_jacobian_products_are_refused() {
        assumeTrue(!can(Capability.VJP));
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            Tensor output = network.forward(arena, parameters, inputs);
            for (Set<String> wrt : List.of(Set.<String>of(), Set.of("sample"), inputs.keySet())) {
                assertThrows(
                        UnsupportedOperationException.class, () -> network.vjp(arena, parameters, inputs, output, wrt));
            }
            // The refusal breaks nothing.
            assertArrayEquals(
                    output.toDoubles(),
                    network.forward(arena, parameters, inputs).toDoubles());
        }
    }

    @Test
    public void a_network_has_the_right_gradient() {
        assumeTrue(can(Capability.VJP));
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        Values values = graph.inputs(3);
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, values);
            Tensor parameters = arena.tensor(theta, theta.length);
            Tensor cotangent = randomTensor(
                    arena, 5, network.forward(arena, parameters, inputs).shape());
            VectorJacobian pulled = network.vjp(arena, parameters, inputs, cotangent, inputs.keySet());
            Optional<ComputeBackend> oracle = oracle();
            if (oracle.isPresent()) {
                try (ComputeBackend trusted = oracle.get();
                        BackendSession other = trusted.open();
                        Network same = other.compile(graph, WeightSource.none(), graph.layout());
                        TensorArena theirs = other.arena()) {
                    VectorJacobian expected = same.vjp(
                            theirs,
                            theirs.tensor(theta, theta.length),
                            inputs(theirs, same, values),
                            theirs.tensor(cotangent.toDoubles(), cotangent.shape()),
                            inputs.keySet());
                    assertSamePull(expected, pulled, gradientTolerance());
                }
            }
            if (can(Capability.FLOAT64)) {
                // Along random directions in all inputs and parameters at once.
                for (int direction = 0; direction < 8; direction++) {
                    assertDirectionalDerivative(graph, network, values, theta, cotangent, pulled, 100 + direction);
                }
            }
        }
    }

    private void assertDirectionalDerivative(
            SmallNetwork graph,
            Network network,
            Values values,
            double[] theta,
            Tensor cotangent,
            VectorJacobian pulled,
            long seed) {
        double[] alongTheta = random(theta.length, seed);
        double expected = 0;
        double[] gradient = Objects.requireNonNull(pulled.parameterGradient()).toDoubles();
        for (int i = 0; i < theta.length; i++) {
            expected += alongTheta[i] * gradient[i];
        }
        Map<String, double[]> alongInputs = new LinkedHashMap<>();
        for (TensorSpec spec : graph.inputs()) {
            double[] along = random(
                    values.numbers(spec.name()).length, seed + spec.name().length());
            alongInputs.put(spec.name(), along);
            double[] of = Objects.requireNonNull(pulled.inputGradients().get(spec.name()))
                    .toDoubles();
            for (int i = 0; i < along.length; i++) {
                expected += along[i] * of[i];
            }
        }
        double step = 1e-4;
        double[] moves = {-2, -1, 1, 2};
        double[] sums = new double[4];
        for (int m = 0; m < 4; m++) {
            try (TensorArena arena = session().arena()) {
                double size = moves[m] * step;
                Map<String, Tensor> moved = new LinkedHashMap<>();
                for (TensorSpec spec : graph.inputs()) {
                    Tensor start = tensor(arena, spec, values);
                    Tensor along = arena.tensor(Objects.requireNonNull(alongInputs.get(spec.name())), start.shape());
                    moved.put(spec.name(), arena.combine(new double[] {1, size}, List.of(start, along)));
                }
                Tensor parameters = arena.combine(
                        new double[] {1, size},
                        List.of(arena.tensor(theta, theta.length), arena.tensor(alongTheta, theta.length)));
                Tensor output = network.forward(arena, parameters, moved);
                for (double product : arena.dotRows(output, cotangent)) {
                    sums[m] += product;
                }
            }
        }
        double found = (sums[0] - 8 * sums[1] + 8 * sums[2] - sums[3]) / (12 * step);
        assertEquals(expected, found, 1e-8 * (1 + Math.abs(expected)));
    }

    @Test
    public void rows_do_not_influence_one_another() {
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        Values values = graph.inputs(5);
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> inputs = inputs(arena, network, values);
            Tensor together = network.forward(arena, parameters, inputs);
            for (int row = 0; row < 5; row++) {
                int at = row;
                Map<String, Tensor> one = new LinkedHashMap<>();
                inputs.forEach((name, tensor) -> one.put(name, arena.rows(tensor, at, at + 1)));
                assertClose(
                        arena.rows(together, row, row + 1).toDoubles(),
                        network.forward(arena, parameters, one).toDoubles(),
                        tolerance(),
                        "row " + row + " alone");
            }
        }
    }

    @Test
    public void the_same_call_gives_the_same_bits() {
        SmallNetwork graph = new SmallNetwork();
        assertSameBits(results(session(), graph), results(session(), graph));
        try (BackendSession other = tested().open()) {
            assertSameBits(results(session(), graph), results(other, graph));
        }
    }

    @Test
    public void sessions_may_run_in_parallel() throws Exception {
        SmallNetwork graph = new SmallNetwork();
        List<double[]> expected = results(session(), graph);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Callable<List<double[]>> work = () -> {
                try (BackendSession own = tested().open()) {
                    List<double[]> last = List.of();
                    for (int i = 0; i < 5; i++) {
                        last = results(own, graph);
                    }
                    return last;
                }
            };
            List<Future<List<double[]>>> all = threads.invokeAll(List.of(work, work));
            for (Future<List<double[]>> one : all) {
                assertSameBits(expected, one.get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private List<double[]> results(BackendSession in, SmallNetwork graph) {
        List<double[]> results = new ArrayList<>();
        try (Network network = in.compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = in.arena()) {
            double[] theta = graph.theta();
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(4));
            Tensor output = network.forward(arena, parameters, inputs);
            results.add(output.toDoubles());
            if (can(Capability.VJP)) {
                VectorJacobian pulled = network.vjp(arena, parameters, inputs, output, inputs.keySet());
                results.add(Objects.requireNonNull(pulled.parameterGradient()).toDoubles());
                graph.inputs()
                        .forEach(spec -> results.add(
                                Objects.requireNonNull(pulled.inputGradients().get(spec.name()))
                                        .toDoubles()));
            }
        }
        return results;
    }

    private static void assertSameBits(List<double[]> expected, List<double[]> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), found.get(i));
        }
    }

    private static void assertSamePull(VectorJacobian expected, VectorJacobian found, double tolerance) {
        assertClose(expected.output().toDoubles(), found.output().toDoubles(), tolerance, "output");
        assertEquals(expected.inputGradients().keySet(), found.inputGradients().keySet());
        expected.inputGradients()
                .forEach((name, gradient) -> assertClose(
                        gradient.toDoubles(),
                        Objects.requireNonNull(found.inputGradients().get(name)).toDoubles(),
                        tolerance,
                        "gradient of " + name));
        assertClose(
                Objects.requireNonNull(expected.parameterGradient()).toDoubles(),
                Objects.requireNonNull(found.parameterGradient()).toDoubles(),
                tolerance,
                "gradient of the parameters");
    }

    // ---- calls

    @Test
    public void only_the_gradients_that_are_asked_for_are_returned() {
        assumeTrue(can(Capability.VJP));
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            assertSame(graph, network.definition());
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            Tensor output = network.forward(arena, parameters, inputs);
            VectorJacobian all = network.vjp(arena, parameters, inputs, output, inputs.keySet());
            VectorJacobian one = network.vjp(arena, parameters, inputs, output, Set.of("condition"));
            VectorJacobian none = network.vjp(arena, parameters, inputs, output, Set.of());
            assertEquals(Set.of("condition"), one.inputGradients().keySet());
            assertEquals(Set.of(), none.inputGradients().keySet());
            assertClose(
                    Objects.requireNonNull(all.inputGradients().get("condition"))
                            .toDoubles(),
                    Objects.requireNonNull(one.inputGradients().get("condition"))
                            .toDoubles(),
                    gradientTolerance(),
                    "one gradient alone");
            assertClose(
                    Objects.requireNonNull(all.parameterGradient()).toDoubles(),
                    Objects.requireNonNull(none.parameterGradient()).toDoubles(),
                    gradientTolerance(),
                    "parameters alone");
        }
    }

    @Test
    public void trainable_and_frozen_weights_may_be_mixed() {
        SmallNetwork graph = new SmallNetwork();
        ParameterLayout all = graph.layout();
        ParameterLayout.Entry trained = all.entry("out.weight");
        double[] theta = graph.theta();
        double[] part = Arrays.copyOfRange(theta, trained.offset(), trained.offset() + trained.size());
        ParameterLayout some =
                ParameterLayout.builder().add("out.weight", trained.shape()).build();
        try (Network whole = session().compile(graph, WeightSource.none(), all);
                Network mixed = session().compile(graph, graph.weights(), some);
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, whole, graph.inputs(2));
            Tensor parameters = arena.tensor(theta, theta.length);
            Tensor output = whole.forward(arena, parameters, inputs);
            Tensor few = arena.tensor(part, part.length);
            assertClose(output.toDoubles(), mixed.forward(arena, few, inputs).toDoubles(), tolerance(), "output");
            if (!can(Capability.VJP)) {
                return;
            }
            double[] expected = Objects.requireNonNull(whole.vjp(arena, parameters, inputs, output, Set.of())
                            .parameterGradient())
                    .toDoubles();
            VectorJacobian pulled = mixed.vjp(arena, few, inputs, output, Set.of("sample"));
            assertClose(output.toDoubles(), pulled.output().toDoubles(), tolerance(), "output with gradient");
            assertClose(
                    Arrays.copyOfRange(expected, trained.offset(), trained.offset() + trained.size()),
                    Objects.requireNonNull(pulled.parameterGradient()).toDoubles(),
                    gradientTolerance(),
                    "gradient of the trained weight");
        }
    }

    @Test
    public void without_parameters_there_is_no_parameter_gradient() {
        SmallNetwork graph = new SmallNetwork();
        try (Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            Tensor output = network.forward(arena, null, inputs);
            if (can(Capability.VJP)) {
                VectorJacobian pulled = network.vjp(arena, null, inputs, output, Set.of("sample"));
                assertNull(pulled.parameterGradient());
                assertNotNull(pulled.inputGradients().get("sample"));
                assertTrue(network.vjp(arena, null, inputs, output, Set.of())
                        .inputGradients()
                        .isEmpty());
            } else {
                assertThrows(
                        UnsupportedOperationException.class,
                        () -> network.vjp(arena, null, inputs, output, Set.of("sample")));
            }
        }
    }

    @Test
    public void an_input_without_influence_has_gradient_zero() {
        assumeTrue(can(Capability.VJP));
        OperationCase graph = OperationCase.of("first input only", NetworkContract::firstOnly)
                .input("x", 3)
                .input("unused", 2)
                .expecting((in, i) -> in.at("x", i));
        try (Network network = session().compile(graph, WeightSource.none(), ParameterLayout.empty());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = Map.of("x", arena.zeros(2, 3), "unused", arena.zeros(2, 2));
            VectorJacobian pulled = network.vjp(arena, null, inputs, arena.zeros(2, 3), Set.of("unused"));
            assertArrayEquals(
                    new double[4],
                    Objects.requireNonNull(pulled.inputGradients().get("unused"))
                            .toDoubles());
        }
    }

    private static <T> T firstOnly(Ops<T> ops, OperationCase.Operands<T> in) {
        return ops.tanh(in.get("x"));
    }

    @Test
    public void clamp_passes_gradients_at_its_bounds() {
        assumeTrue(can(Capability.VJP));
        OperationCase graph = OperationCase.of("clamp", NetworkContract::clamp)
                .input("x", 5)
                .expecting((in, i) -> Math.min(1, Math.max(-0.5, in.at("x", i))));
        try (Network network = session().compile(graph, WeightSource.none(), ParameterLayout.empty());
                TensorArena arena = session().arena()) {
            Tensor x = arena.tensor(new double[] {-0.75, -0.5, 0, 1, 1.25}, 1, 5);
            Tensor ones = arena.tensor(new double[] {1, 1, 1, 1, 1}, 1, 5);
            VectorJacobian pulled = network.vjp(arena, null, Map.of("x", x), ones, Set.of("x"));
            assertArrayEquals(
                    new double[] {0, 1, 1, 1, 0},
                    Objects.requireNonNull(pulled.inputGradients().get("x")).toDoubles());
        }
    }

    private static <T> T clamp(Ops<T> ops, OperationCase.Operands<T> in) {
        return ops.clamp(in.get("x"), -0.5, 1);
    }

    @Test
    public void results_belong_to_the_arena_that_was_passed() {
        SmallNetwork graph = new SmallNetwork();
        try (Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena()) {
            Map<String, Tensor> inputs = inputs(arena, network, graph.inputs(2));
            TensorArena into = session().arena();
            Tensor output = network.forward(into, null, inputs);
            into.accumulate(output, 1, output);
            into.close();
            assertRefused(StandardError.PLUGIN_CONTRACT, output::toDoubles, "closed");
            assertEquals(2, Objects.requireNonNull(inputs.get("sample")).rows());
        }
    }
}
