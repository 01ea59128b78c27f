package org.plumbline.plugins.reward.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.onnx.OnnxFile;
import org.plumbline.toolkit.onnx.OnnxGraph;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** Exports of torch, read onto our operations, against values and gradients that torch computed in float64. */
class GoldenGraphsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vision-14",
                "vision-21",
                "first-vision-14",
                "first-vision-21",
                "text-14",
                "text-21",
                "first-text-14",
                "first-text-21",
                "resnet-14",
                "resnet-21",
                "vit-14",
                "vit-21",
                "aesthetic-14",
                "aesthetic-21",
                "repeated-14",
                "repeated-21"
            })
    void valuesAndGradientsAreThoseOfTorch(String name) {
        OnnxGraph graph = OnnxGraph.of(OnnxFile.read(GOLDEN.resolve(name + ".onnx")), "y", Map.of());
        assertEquals(1, graph.inputs().size());
        try (SafetensorsFile numbers = SafetensorsFile.open(GOLDEN.resolve(name + ".safetensors"));
                ComputeBackend backend = new ReferenceBackend();
                BackendSession session = backend.open();
                Network network = session.compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            VectorJacobian found = network.vjp(
                    arena,
                    null,
                    Map.of("x", arena.tensor(numbers.doubles("x"), numbers.shape("x"))),
                    arena.tensor(numbers.doubles("cotangent"), numbers.shape("cotangent")),
                    Set.of("x"));
            assertArrayEquals(numbers.shape("y"), found.output().shape());
            assertClose(numbers.doubles("y"), found.output().toDoubles(), "value");
            double[] gradient =
                    Objects.requireNonNull(found.inputGradients().get("x")).toDoubles();
            if (numbers.contains("gradient")) {
                assertClose(numbers.doubles("gradient"), gradient, "gradient");
            } else {
                assertTrue(Arrays.stream(gradient).allMatch(g -> g == 0), "tokens have no gradient");
            }
        }
    }

    /** The files hold weights and constants in float32, some of which torch rounded when it wrote them. */
    private static void assertClose(double[] expected, double[] found, String what) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertArrayEquals(expected, found, 2e-7 * scale, what);
    }
}
