package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** The programs that are written for a whole UNet, beside the contract that looks at single operations. */
class DjlNetworkTest {
    private static final int ROWS = 3;

    private final SmallUnet unet = new SmallUnet(1);
    private final Map<String, WeightSource.Weight> weights = unet.randomWeights(1);

    @Test
    void a_unet_agrees_with_the_interpreter_that_computes_at_once() {
        try (BackendSession session = TestSession.open();
                Network network = session.compile(unet, WeightSource.none(), layout(weights));
                TensorArena arena = session.arena();
                NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            Map<String, Tensor> inputs = inputs(arena);
            double[] cotangent = TestSession.normal(9, ROWS * 256);
            VectorJacobian pulled = network.vjp(
                    arena, theta(arena, weights), inputs, arena.tensor(cotangent, ROWS, 1, 16, 16), Set.of("x", "t"));

            Map<String, NDArray> leaves = new LinkedHashMap<>();
            weights.forEach((name, weight) -> leaves.put(name, array(manager, weight.values(), weight.shape())));
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            inputs.forEach((name, tensor) -> arrays.put(name, array(manager, tensor.toDoubles(), tensor.shape())));
            leaves.values().forEach(leaf -> leaf.setRequiresGradient(true));
            arrays.get("x").setRequiresGradient(true);
            arrays.get("t").setRequiresGradient(true);
            NDArray expected;
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                expected = unet.build(new NDArrayOps(manager, leaves), arrays);
                collector.backward(
                        expected.mul(array(manager, cotangent, ROWS, 1, 16, 16)).sum());
            }

            assertClose(doubles(expected), pulled.output().toDoubles(), 1e-5, "output");
            assertClose(
                    doubles(arrays.get("x").getGradient()),
                    pulled.inputGradients().get("x").toDoubles(),
                    2e-5,
                    "gradient of x");
            assertClose(
                    doubles(arrays.get("t").getGradient()),
                    pulled.inputGradients().get("t").toDoubles(),
                    2e-5,
                    "gradient of t");
            double[] gradient = pulled.parameterGradient().toDoubles();
            for (ParameterLayout.Entry entry : layout(weights).entries()) {
                double[] part = Arrays.copyOfRange(gradient, entry.offset(), entry.offset() + entry.size());
                assertClose(doubles(leaves.get(entry.name()).getGradient()), part, 2e-5, entry.name());
            }
        }
    }

    @Test
    void an_unrolled_chain_has_the_gradient_of_its_steps_pulled_back_one_by_one() {
        int steps = 5;
        ParameterLayout layout = layout(weights);
        try (BackendSession session = TestSession.open();
                Network step = session.compile(unet, WeightSource.none(), layout);
                Network chain = session.compile(new SmallUnet(steps), WeightSource.none(), layout);
                TensorArena arena = session.arena()) {
            Tensor theta = theta(arena, weights);
            Map<String, Tensor> inputs = inputs(arena);
            List<Map<String, Tensor>> visited = new ArrayList<>(List.of(inputs));
            for (int i = 0; i < steps; i++) {
                Map<String, Tensor> next = new LinkedHashMap<>(inputs);
                next.put("x", step.forward(arena, theta, visited.get(i)));
                visited.add(next);
            }
            Tensor cotangent = arena.tensor(TestSession.normal(9, ROWS * 256), ROWS, 1, 16, 16);
            VectorJacobian whole = chain.vjp(arena, theta, inputs, cotangent, Set.of("x"));
            assertArrayEquals(
                    visited.get(steps).get("x").toDoubles(), whole.output().toDoubles());

            Tensor adjoint = cotangent;
            Tensor sum = arena.zeros(layout.size());
            for (int i = steps - 1; i >= 0; i--) {
                VectorJacobian pulled = step.vjp(arena, theta, visited.get(i), adjoint, Set.of("x"));
                adjoint = pulled.inputGradients().get("x");
                arena.accumulate(sum, 1, pulled.parameterGradient());
            }
            assertClose(adjoint.toDoubles(), whole.inputGradients().get("x").toDoubles(), 1e-5, "gradient of x");
            assertClose(sum.toDoubles(), whole.parameterGradient().toDoubles(), 1e-5, "gradient of theta");
        }
    }

    @Test
    void a_long_chain_of_several_thousand_operations_compiles_and_runs() {
        SmallUnet chain = new SmallUnet(40);
        TorchScriptProgram program = TorchScriptProgram.of(
                chain, WeightSource.of(weights), ParameterLayout.empty(), Precision.FLOAT32, Recompute.NONE);
        assertTrue(program.text().lines().count() > 4000, "the program is long enough for the test");
        try (BackendSession session = TestSession.open();
                Network network = session.compile(chain, WeightSource.of(weights), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor output = network.forward(arena, null, inputs(arena));
            assertTrue(Arrays.stream(output.toDoubles()).allMatch(Double::isFinite));
        }
    }

    @Test
    void trainable_and_frozen_weights_give_the_same_numbers() {
        try (BackendSession session = TestSession.open();
                Network trained = session.compile(unet, WeightSource.none(), layout(weights));
                Network frozen = session.compile(unet, WeightSource.of(weights), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = inputs(arena);
            Tensor one = trained.forward(arena, theta(arena, weights), inputs);
            Tensor other = frozen.forward(arena, null, inputs);
            assertClose(one.toDoubles(), other.toDoubles(), 1e-6, "output");
            Tensor g = arena.tensor(TestSession.normal(9, ROWS * 256), ROWS, 1, 16, 16);
            VectorJacobian pulled = frozen.vjp(arena, null, inputs, g, Set.of());
            assertArrayEquals(other.toDoubles(), pulled.output().toDoubles());
            assertNull(pulled.parameterGradient());
            assertTrue(pulled.inputGradients().isEmpty());
        }
    }

    @Test
    void a_trainable_weight_is_not_read_from_the_source_of_frozen_ones() {
        List<String> read = new ArrayList<>();
        WeightSource source = WeightSource.of(weights);
        WeightSource watched = new WeightSource() {
            @Override
            public boolean contains(String name) {
                return source.contains(name);
            }

            @Override
            public long[] shape(String name) {
                return source.shape(name);
            }

            @Override
            public float[] floats(String name) {
                read.add(name);
                return source.floats(name);
            }
        };
        ParameterLayout some = ParameterLayout.builder()
                .add("mid.1.weight", weights.get("mid.1.weight").shape())
                .add("self.q", weights.get("self.q").shape())
                .build();
        try (BackendSession session = TestSession.open();
                Network network = session.compile(unet, watched, some)) {
            assertFalse(read.contains("mid.1.weight") || read.contains("self.q"));
            assertEquals(weights.size() - 2, read.size(), "every other weight once");
            assertEquals(unet, network.definition());
        }
    }

    @Test
    void results_share_no_memory_with_arguments_or_one_another() {
        SumOfInputs graph = new SumOfInputs();
        try (BackendSession session = TestSession.open();
                Network network = session.compile(graph, WeightSource.none(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor a = arena.tensor(new double[] {1, 2}, 1, 2);
            Tensor b = arena.tensor(new double[] {3, 4}, 1, 2);
            Tensor g = arena.tensor(new double[] {10, 20}, 1, 2);
            VectorJacobian pulled = network.vjp(arena, null, Map.of("a", a, "b", b), g, Set.of("a", "b"));
            Tensor gradient = pulled.inputGradients().get("a");
            arena.accumulate(gradient, 1, a);
            assertArrayEquals(new double[] {11, 22}, gradient.toDoubles());
            assertArrayEquals(new double[] {10, 20}, g.toDoubles());
            assertArrayEquals(
                    new double[] {10, 20}, pulled.inputGradients().get("b").toDoubles());
        }
    }

    @Test
    void the_number_of_threads_is_set_on_the_calling_thread() {
        DjlPytorchBackend two = new DjlPytorchBackend(TestSession.settings("cpu", 2));
        try (BackendSession one = TestSession.open();
                BackendSession other = two.open();
                TensorArena inOne = one.arena();
                TensorArena inOther = other.arena()) {
            inOther.combine(new double[] {1}, List.of(inOther.zeros(1)));
            assertEquals(2, JniUtils.getNumThreads());
            inOne.combine(new double[] {1}, List.of(inOne.zeros(1)));
            assertEquals(1, JniUtils.getNumThreads());
        }
    }

    private static Map<String, Tensor> inputs(TensorArena arena) {
        return Map.of(
                "x", arena.tensor(TestSession.normal(2, ROWS * 256), ROWS, 1, 16, 16),
                "t", arena.tensor(new double[] {0, 2.5, 7}, ROWS),
                "tokens", arena.tensor(new double[] {0, 1, 2, 3, 9, 8, 7, 6, 0, 0, 5, 5}, ROWS, 4));
    }

    static ParameterLayout layout(Map<String, WeightSource.Weight> weights) {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        weights.forEach((name, weight) -> layout.add(name, weight.shape()));
        return layout.build();
    }

    static Tensor theta(TensorArena arena, Map<String, WeightSource.Weight> weights) {
        double[] theta = weights.values().stream()
                .flatMapToDouble(weight -> Arrays.stream(weight.values()))
                .toArray();
        return arena.tensor(theta, theta.length);
    }

    private static NDArray array(NDManager manager, double[] values, long... shape) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return manager.create(floats, new Shape(shape));
    }

    private static double[] doubles(NDArray array) {
        float[] floats = array.toFloatArray();
        double[] values = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }

    /** Largest difference relative to the largest number. */
    private static void assertClose(double[] expected, double[] found, double tolerance, String what) {
        assertEquals(expected.length, found.length, what);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - found[i]));
        }
        assertTrue(
                difference <= tolerance * largest, what + ": difference " + difference + ", largest number " + largest);
    }
}
