package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
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

/** The contract of compute backends. Extend it and return the backend; see the package description. */
public abstract class BackendContract extends ArenaContract {
    /** For subclasses. */
    protected BackendContract() {}

    /**
     * A float64 backend that is trusted, for networks that are too large for a formula. A backend that computes in
     * float64 itself needs none: its gradients are compared with its own finite differences.
     */
    protected Optional<ComputeBackend> oracle() {
        return Optional.empty();
    }

    @Test
    public void it_says_what_it_is_and_can_run_forward() {
        assertFalse(tested().description().isBlank());
        assertTrue(can(Capability.FORWARD));
    }

    // ---- operations against formulas

    @TestFactory
    public Stream<DynamicTest> operations_compute_their_formula() {
        return cases().map(operation -> dynamicTest(operation.name(), () -> checkForward(operation)));
    }

    @TestFactory
    public Stream<DynamicTest> operations_have_the_gradient_of_their_formula() {
        assumeTrue(can(Capability.VJP));
        return cases().map(operation -> dynamicTest(operation.name(), () -> checkGradient(operation)));
    }

    private static Stream<OperationCase> cases() {
        return Stream.of(ElementwiseCases.all(), LinearAlgebraCases.all(), ImageCases.all(), RearrangementCases.all())
                .flatMap(List::stream);
    }

    /** With the weights as parameters for batches of 3 and 1, and with frozen weights. */
    private void checkForward(OperationCase operation) {
        try (Network trained = session().compile(operation, WeightSource.none(), operation.layout());
                TensorArena arena = session().arena()) {
            for (int rows : new int[] {3, 1}) {
                Values values = operation.draw(rows, 7 + rows);
                Tensor output = trained.forward(arena, theta(arena, operation, values), inputs(arena, trained, values));
                assertOutput(operation, values, rows, output, rows + " rows");
            }
            Values values = operation.draw(3, 17);
            try (Network frozen = session().compile(operation, operation.frozen(values), ParameterLayout.empty())) {
                Tensor output = frozen.forward(arena, null, inputs(arena, frozen, values));
                assertOutput(operation, values, 3, output, "frozen weights");
            }
        }
    }

    private void assertOutput(OperationCase operation, Values values, int rows, Tensor output, String what) {
        long[] shape = operation.outputShape(rows);
        assertArrayEquals(shape, output.shape(), what);
        assertClose(operation.expected(values, shape), output.toDoubles(), tolerance(), what);
    }

    private void checkGradient(OperationCase operation) {
        Set<String> inputs = inputNames(operation);
        try (Network network = session().compile(operation, WeightSource.none(), operation.layout());
                TensorArena arena = session().arena()) {
            for (int rows : new int[] {3, 1}) {
                Values values = operation.draw(rows, 27 + rows);
                long[] shape = operation.outputShape(rows);
                Tensor cotangent = randomTensor(arena, 37 + rows, shape);
                VectorJacobian pulled = network.vjp(
                        arena, theta(arena, operation, values), inputs(arena, network, values), cotangent, inputs);
                assertOutput(operation, values, rows, pulled.output(), "output with gradient, " + rows + " rows");
                assertEquals(inputs, pulled.inputGradients().keySet());
                for (OperationCase.Operand operand : operation.operands()) {
                    String what = "gradient of " + operand.name() + ", " + rows + " rows";
                    // Whole numbers that pick rows of a table have none.
                    double[] expected = operand.name().equals("tokens")
                            ? new double[values.numbers("tokens").length]
                            : operation.expectedGradient(values, operand.name(), shape, cotangent.toDoubles());
                    assertClose(expected, gradient(pulled, operation, operand), gradientTolerance(), what);
                }
            }
        }
    }

    private static double[] gradient(VectorJacobian pulled, OperationCase operation, OperationCase.Operand operand) {
        if (operand.input()) {
            Tensor gradient = Objects.requireNonNull(pulled.inputGradients().get(operand.name()));
            assertEquals(operand.shape().length, gradient.shape().length);
            return gradient.toDoubles();
        }
        ParameterLayout.Entry entry = operation.layout().entry(operand.name());
        Tensor flat = Objects.requireNonNull(pulled.parameterGradient());
        assertArrayEquals(new long[] {operation.layout().size()}, flat.shape());
        return Arrays.copyOfRange(flat.toDoubles(), entry.offset(), entry.offset() + entry.size());
    }

    // ---- networks

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
        assumeTrue(can(Capability.VJP));
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
            double[] expected = Objects.requireNonNull(whole.vjp(arena, parameters, inputs, output, Set.of())
                            .parameterGradient())
                    .toDoubles();
            VectorJacobian pulled = mixed.vjp(arena, arena.tensor(part, part.length), inputs, output, Set.of("sample"));
            assertClose(output.toDoubles(), pulled.output().toDoubles(), tolerance(), "output");
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
        OperationCase graph = OperationCase.of("first input only", BackendContract::firstOnly)
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
        OperationCase graph = OperationCase.of("clamp", BackendContract::clamp)
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

    // ---- refusals

    @Test
    public void a_missing_weight_is_refused_by_name() {
        SmallNetwork graph = new SmallNetwork();
        assertRefused(
                StandardError.MALFORMED_FILE,
                () -> session().compile(graph, WeightSource.none(), ParameterLayout.empty()),
                "conv.weight");
    }

    @Test
    public void a_weight_of_another_shape_is_refused_with_both_shapes() {
        OperationCase graph = OperationCase.of("weighted", BackendContract::weighted)
                .input("x", 3)
                .weight("w", 3)
                .expecting((in, i) -> in.at("x", i) * in.at("w", i));
        WeightSource wrong = WeightSource.of(Map.of("w", new WeightSource.Weight(new double[4], 2, 2)));
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, wrong, ParameterLayout.empty()),
                "'w'",
                "[3]",
                "[2, 2]");
        ParameterLayout layout = ParameterLayout.builder().add("w", 4).build();
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, WeightSource.none(), layout),
                "'w'",
                "[3]",
                "[4]");
    }

    @Test
    public void operations_on_shapes_that_do_not_fit_are_refused_by_name() {
        OperationCase graph = OperationCase.of("ill-shaped", BackendContract::weighted)
                .input("x", 3)
                .weight("w", 4)
                .expecting((in, i) -> 0);
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, WeightSource.none(), graph.layout()),
                "mul",
                "[B, 3]",
                "[4]");
    }

    private static <T> T weighted(Ops<T> ops, OperationCase.Operands<T> in) {
        return ops.mul(in.get("x"), in.get("w"));
    }

    @Test
    public void calls_that_do_not_fit_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> good = inputs(arena, network, graph.inputs(2));
            StandardError wrong = StandardError.WRONG_SHAPE;
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "sample", arena.zeros(2, 2, 4, 5))),
                    "sample",
                    "[2, 2, 4, 5]");
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "sample", arena.zeros(2, 32))),
                    "sample",
                    "[2, 32]");
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "condition", arena.zeros(3, 3, 4))),
                    "rows");
            assertRefused(wrong, () -> network.forward(arena, arena.zeros(3), good), "3", "" + theta.length);
            assertRefused(wrong, () -> network.forward(arena, null, good), "" + theta.length);
            StandardError broken = StandardError.PLUGIN_CONTRACT;
            assertRefused(broken, () -> network.forward(arena, parameters, without(good, "sample")), "sample");
            assertRefused(
                    broken,
                    () -> network.forward(arena, parameters, with(good, "smaple", arena.zeros(2, 1))),
                    "smaple");
            if (can(Capability.VJP)) {
                Tensor cotangent = network.forward(arena, parameters, good);
                assertRefused(
                        wrong,
                        () -> network.vjp(arena, parameters, good, arena.zeros(2, 3), Set.of("sample")),
                        "cotangent",
                        "[2, 3]");
                assertRefused(
                        broken, () -> network.vjp(arena, parameters, good, cotangent, Set.of("smaple")), "smaple");
            }
        }
    }

    @Test
    public void closed_and_foreign_operands_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        StandardError broken = StandardError.PLUGIN_CONTRACT;
        try (BackendSession other = tested().open();
                Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena();
                TensorArena foreign = other.arena()) {
            Map<String, Tensor> good = inputs(arena, network, graph.inputs(2));
            Tensor closed = arena.zeros(2, 2, 4, 4);
            closed.close();
            assertRefused(broken, () -> network.forward(arena, null, with(good, "sample", closed)), "closed");
            Tensor abroad = foreign.zeros(2, 2, 4, 4);
            assertRefused(broken, () -> network.forward(arena, null, with(good, "sample", abroad)), "session");
            assertRefused(broken, () -> network.forward(foreign, null, good), "session");
            if (can(Capability.VJP)) {
                Tensor output = network.forward(arena, null, good);
                output.close();
                assertRefused(broken, () -> network.vjp(arena, null, good, output, Set.of("sample")), "closed");
            }
        }
    }

    @Test
    public void closed_networks_and_sessions_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        StandardError broken = StandardError.PLUGIN_CONTRACT;
        BackendSession other = tested().open();
        Network closed = other.compile(graph, graph.weights(), ParameterLayout.empty());
        Network open = other.compile(graph, graph.weights(), ParameterLayout.empty());
        TensorArena arena = other.arena();
        Map<String, Tensor> inputs = inputs(arena, open, graph.inputs(1));
        closed.close();
        closed.close();
        assertRefused(broken, () -> closed.forward(arena, null, inputs), "closed");
        other.close();
        other.close();
        open.close();
        assertRefused(broken, () -> open.forward(arena, null, inputs), "closed");
        assertRefused(broken, () -> other.compile(graph, graph.weights(), ParameterLayout.empty()), "closed");
    }

    // ---- operands

    private static @Nullable Tensor theta(TensorArena arena, OperationCase operation, Values values) {
        double[] theta = operation.theta(values);
        return theta.length == 0 ? null : arena.tensor(theta, theta.length);
    }

    private static Map<String, Tensor> inputs(TensorArena arena, Network network, Values values) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorSpec spec : network.definition().inputs()) {
            tensors.put(spec.name(), tensor(arena, spec, values));
        }
        return tensors;
    }

    private static Tensor tensor(TensorArena arena, TensorSpec spec, Values values) {
        double[] numbers = values.numbers(spec.name());
        long[] shape = spec.shape();
        shape[0] = numbers.length / spec.rowSize();
        return arena.tensor(numbers, shape);
    }

    private static Set<String> inputNames(OperationCase operation) {
        Set<String> names = new LinkedHashSet<>();
        operation.inputs().forEach(spec -> names.add(spec.name()));
        return names;
    }

    private static Map<String, Tensor> with(Map<String, Tensor> inputs, String name, Tensor tensor) {
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.put(name, tensor);
        return changed;
    }

    private static Map<String, Tensor> without(Map<String, Tensor> inputs, String name) {
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.remove(name);
        return changed;
    }
}
