package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/** Where programs are cut and in which precision their weights lie. */
class TorchScriptProgramTest {
    private static final ParameterLayout NONE = ParameterLayout.empty();

    /**
     * A weight in a product, one in a sum, one in both, and boundaries in awkward places: before anything is computed, twice
     * in a row, after the last operation, and between a weight and its use.
     */
    private record Awkward() implements GraphDefinition {
        @Override
        public String name() {
            return "awkward";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", TensorSpec.BATCH, 2), new TensorSpec("unused", TensorSpec.BATCH, 2));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T x = ops.boundary(inputs.get("x"));
            T product = ops.weight("product", 2, 2);
            T both = ops.weight("both", 2, 2);
            T h = ops.boundary(ops.boundary(ops.linear(x, product, null)));
            T other = ops.linear(h, both, ops.weight("bias", 2)); // never used again
            h = ops.boundary(ops.add(h, ops.weight("sum", 2)));
            T again = ops.linear(h, product, null);
            h = ops.boundary(ops.mul(ops.add(again, x), ops.sum(both, false, 0)));
            return ops.boundary(ops.add(h, ops.scale(other, 0)));
        }

        static final Map<String, WeightSource.Weight> WEIGHTS = new TreeMap<>(Map.of(
                "product", new WeightSource.Weight(new double[] {0.5, -1, 2, 0.25}, 2, 2),
                "both", new WeightSource.Weight(new double[] {1, 0.5, -0.5, 1}, 2, 2),
                "bias", new WeightSource.Weight(new double[] {1, 2}, 2),
                "sum", new WeightSource.Weight(new double[] {0.125, -3}, 2)));
    }

    @Test
    void a_program_has_a_segment_per_stretch_between_boundaries_if_they_count() {
        assertEquals(1, segments(Recompute.NONE));
        assertEquals(4, segments(Recompute.SEGMENTS));
    }

    private static long segments(Recompute recompute) {
        String text = program(Precision.FLOAT32, recompute).text();
        return text.lines().filter(line -> line.startsWith("  def segment")).count();
    }

    private static TorchScriptProgram program(Precision precision, Recompute recompute) {
        return TorchScriptProgram.of(new Awkward(), WeightSource.of(Awkward.WEIGHTS), NONE, precision, recompute);
    }

    @Test
    void frozen_weights_are_stored_in_the_precision_in_which_they_are_used() {
        Map<String, Integer> bytes = new TreeMap<>();
        for (TorchScriptArchive.Attribute attribute :
                program(Precision.BFLOAT16, Recompute.SEGMENTS).attributes()) {
            bytes.put(
                    attribute.name(), attribute.type().encode(attribute.values().get()).length);
        }
        // Counted in the order in which the network asks: product, both, bias, sum.
        assertEquals(Map.of("w0_bfloat16", 8, "w1_bfloat16", 8, "w1", 16, "w2_bfloat16", 4, "w3", 8), bytes);
    }

    @ParameterizedTest
    @EnumSource(Recompute.class)
    void awkward_boundaries_change_no_gradient(Recompute recompute) {
        Map<String, double[]> expected = pull(new ReferenceBackend());
        Map<String, double[]> found = pull(
                new DjlPytorchBackend(new DjlPytorchBackend.Configuration("cpu", 1, 1, Precision.FLOAT32, recompute)));
        expected.forEach((what, numbers) -> assertArrayEquals(numbers, found.get(what), 1e-5, what));
    }

    private static Map<String, double[]> pull(ComputeBackend backend) {
        ParameterLayout layout = DjlNetworkTest.layout(Awkward.WEIGHTS);
        try (BackendSession session = backend.open();
                Network network = session.compile(new Awkward(), WeightSource.none(), layout);
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs =
                    Map.of("x", arena.tensor(new double[] {1, 2, 3, 4}, 2, 2), "unused", arena.zeros(2, 2));
            Tensor g = arena.tensor(new double[] {1, -1, 2, 0.5}, 2, 2);
            Tensor theta = DjlNetworkTest.theta(arena, Awkward.WEIGHTS);
            VectorJacobian pulled = network.vjp(arena, theta, inputs, g, Set.of("x", "unused"));
            return Map.of(
                    "forward", network.forward(arena, theta, inputs).toDoubles(),
                    "output", pulled.output().toDoubles(),
                    "x", pulled.inputGradients().get("x").toDoubles(),
                    "unused", pulled.inputGradients().get("unused").toDoubles(),
                    "theta", pulled.parameterGradient().toDoubles());
        }
    }
}
