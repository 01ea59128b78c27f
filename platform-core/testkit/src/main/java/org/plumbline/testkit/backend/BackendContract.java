package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** The contract of compute backends. Extend it and return the backend; see the package description. */
public abstract class BackendContract extends NetworkContract {
    /** For subclasses. */
    protected BackendContract() {}

    @Test
    public void it_says_what_it_is_and_can_run_forward() {
        assertFalse(tested().description().isBlank());
        assertTrue(can(Capability.FORWARD));
    }

    @TestFactory
    public Stream<DynamicTest> operations_compute_their_formula() {
        return cases().map(operation -> dynamicTest(operation.name(), () -> checkForward(operation)));
    }

    @TestFactory
    public Stream<DynamicTest> operations_have_the_gradient_of_their_formula() {
        assumeTrue(can(Capability.VJP));
        return cases().map(operation -> dynamicTest(operation.name(), () -> checkGradient(operation.onTwoPaths())));
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

    private static @Nullable Tensor theta(TensorArena arena, OperationCase operation, Values values) {
        double[] theta = operation.theta(values);
        return theta.length == 0 ? null : arena.tensor(theta, theta.length);
    }

    private static Set<String> inputNames(OperationCase operation) {
        Set<String> names = new LinkedHashSet<>();
        operation.inputs().forEach(spec -> names.add(spec.name()));
        return names;
    }
}
