package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.network.Torch;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** Outputs and gradients of every network, of inputs and of every weight, against those of diffusers and transformers. */
class NetworkGoldenTest {
    /**
     * Float64 against float64, relative to the largest number: nothing but the order of sums. Where that is not met the noise
     * floor of the file decides, since some versions of the libraries compute a softmax in float32 whatever the network is.
     */
    private static final double FLOAT64 = 1e-10;

    /**
     * diffusers rounds the angles of time labels, up to 1000, to float32 whatever the network is: half a unit in the last
     * place is 3e-5, twice over.
     */
    private static final double FLOAT32_ANGLES = 6e-5;

    /** Float32 sums in another order than PyTorch's: a few times what its own float32 is away from its float64. */
    private static final double NOISE_FLOORS = 8;

    /** Where the noise floor is low by luck: a few units in the last place of the largest number. */
    private static final double FLOAT32 = 2e-6;

    static List<GoldenNetwork> networks() {
        return GoldenNetwork.all();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void outputs_and_gradients_are_those_of_diffusers(GoldenNetwork network) {
        compare(network, new ReferenceBackend(), 1, FLOAT64);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void libtorch_agrees_in_float32(GoldenNetwork network) {
        compare(network, Torch.backend(), NOISE_FLOORS, FLOAT32);
    }

    /** Whole chains were recorded with guidance; the samplers' own tests hold the steps between these predictions. */
    @ParameterizedTest
    @MethodSource("networks")
    void guided_predictions_along_recorded_chains_are_those_of_diffusers(GoldenNetwork network) {
        assumeTrue(Files.exists(network.chain()), "no chain was recorded");
        try (GoldenNetwork.Opened opened = network.open();
                SafetensorsFile chain = SafetensorsFile.open(network.chain())) {
            double guidance = network.facts().path("guidance_scale").asDouble(1);
            Comparison comparison = new Comparison(chain, network.facts(), 0, 0);
            for (String eta : List.of("eta0", "eta1")) {
                double[] expected = chain.doubles(eta + ".model_output");
                double[] found = opened.guided(Torch.backend(), chain, eta, guidance);
                double largest = 0;
                double worst = 0;
                for (int i = 0; i < expected.length; i++) {
                    largest = Math.max(largest, Math.abs(expected[i]));
                    worst = Math.max(worst, Math.abs(expected[i] - found[i]));
                }
                // Guidance multiplies the rounding of both predictions.
                double rounding = (FLOAT32 + FLOAT32_ANGLES) * largest;
                comparison.judge(eta, worst, (2 * guidance - 1) * rounding);
            }
            comparison.finish();
        }
    }

    private static void compare(GoldenNetwork network, ComputeBackend backend, double noiseFloors, double relative) {
        try (GoldenNetwork.Opened opened = network.open()) {
            double tolerance = relative + (opened.timed() ? FLOAT32_ANGLES : 0);
            Comparison comparison = new Comparison(opened.numbers(), network.facts(), noiseFloors, tolerance);
            for (String output : opened.names("out.")) {
                comparison.compare("out." + output, opened.forward(backend, output));
            }
            if (!opened.names("grad.").isEmpty()) {
                GoldenNetwork.Pulled pulled = opened.pull(backend);
                comparison.compare("out." + opened.pulledOutput(), pulled.output());
                pulled.gradients().forEach((name, gradient) -> comparison.compare("grad." + name, gradient));
                for (String name : opened.names("grad.param.")) {
                    comparison.compare("grad.param." + name, part(pulled.theta(), opened.layout(), name));
                }
                if (network.facts().has("gradnorm_order")) {
                    comparison.compareNorms(network.facts().get("gradnorm_order"), pulled.theta(), opened.layout());
                }
            }
            comparison.finish();
        }
    }

    private static double[] part(double[] gradient, ParameterLayout layout, String name) {
        ParameterLayout.Entry entry = layout.entry(name);
        return Arrays.copyOfRange(gradient, entry.offset(), entry.offset() + entry.size());
    }

    /** Collects what is too far away, so that one run shows all of it. */
    private static final class Comparison {
        private final SafetensorsFile expected;
        private final JsonNode noiseFloor;
        private final double noiseFloors;
        private final double relative;
        private final List<String> failures = new ArrayList<>();
        private int compared;

        Comparison(SafetensorsFile expected, JsonNode facts, double noiseFloors, double relative) {
            this.expected = expected;
            this.noiseFloor = facts.path("noise_floor");
            this.noiseFloors = noiseFloors;
            this.relative = relative;
        }

        private double allowed(String name, double largest) {
            return Math.max(noiseFloors * noiseFloor.path(name).asDouble(), relative * largest);
        }

        void compare(String name, double[] actual) {
            double[] wanted = expected.doubles(name + ".f64");
            assertEquals(wanted.length, actual.length, name);
            double worst = 0;
            double largest = 0;
            for (int i = 0; i < wanted.length; i++) {
                worst = Math.max(worst, Math.abs(wanted[i] - actual[i]));
                largest = Math.max(largest, Math.abs(wanted[i]));
            }
            judge(name, worst, allowed(name, largest));
        }

        void compareNorms(JsonNode order, double[] gradient, ParameterLayout layout) {
            double[] wanted = expected.doubles("gradnorm.all.f64");
            assertEquals(wanted.length, order.size());
            assertEquals(layout.entries().size(), order.size());
            double largest = Arrays.stream(wanted).max().orElseThrow();
            for (int i = 0; i < wanted.length; i++) {
                String name = order.get(i).asText();
                double sum = 0;
                for (double value : part(gradient, layout, name)) {
                    sum += value * value;
                }
                // Biases of keys have gradient 0, since softmax ignores what all its inputs share.
                double allowed = allowed("gradnorm.all", Math.max(wanted[i], 1e-3 * largest));
                judge("norm of the gradient of " + name, Math.abs(Math.sqrt(sum) - wanted[i]), allowed);
            }
        }

        private void judge(String what, double error, double allowed) {
            if (!(error <= allowed)) {
                failures.add(what + " differs by " + error + ", allowed " + allowed);
            }
            compared++;
        }

        void finish() {
            assertEquals(List.of(), failures);
            assertTrue(compared > 0, "nothing was compared");
            assertFalse(expected.names().isEmpty());
        }
    }
}
