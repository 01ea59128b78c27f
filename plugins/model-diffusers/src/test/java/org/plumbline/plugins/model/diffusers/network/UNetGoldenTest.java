package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * Output and gradients of every weight, in float64, against PyTorch's float64, behind the only part of these networks that
 * diffusers computes in float32 whatever they are.
 */
class UNetGoldenTest {
    /** Other exponentials and sines than PyTorch's may differ in the last bit of float32; all the rest is float64. */
    private static final double ROUNDING_OF_SINES = 4e-6;

    static List<Path> cases() {
        return UNetGolden.cases();
    }

    /** The sinusoidal part of the time embedding is float32 in diffusers whatever the network is; here it is given. */
    @ParameterizedTest
    @MethodSource("cases")
    void behind_the_sines_of_float32_the_agreement_is_far_closer(Path folder) {
        UNetGolden golden = UNetGolden.read(folder);
        OfWaves graph = new OfWaves(golden.unet(), golden.conditionLength());
        double[] waves = OfWaves.waves(golden.unet(), golden.labels());
        compare(golden, golden.pull(graph, waves, new ReferenceBackend()), ROUNDING_OF_SINES);
    }

    /** A network whose input "timestep" is the sinusoidal part itself. */
    private record OfWaves(DenoiserNetwork unet, int conditionLength) implements GraphDefinition {
        @Override
        public String name() {
            return "unet of waves";
        }

        @Override
        public List<TensorSpec> inputs() {
            List<TensorSpec> inputs = new ArrayList<>(new DenoiserGraph("", unet, conditionLength).inputs());
            inputs.set(1, new TensorSpec("timestep", TensorSpec.BATCH, width(unet)));
            return inputs;
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T sample = inputs.get("sample");
            T waves = inputs.get("timestep");
            T condition = inputs.get("condition");
            return unet instanceof UNet3D video
                    ? video.applyToWaves(ops, sample, waves, condition)
                    : ofImages(ops, (UNet) unet, sample, waves, condition);
        }

        private static <T> T ofImages(Ops<T> ops, UNet unet, T sample, T waves, T condition) {
            return unet.applyToWaves(ops, sample, waves, unet.conditions(ops, sample, condition));
        }

        static int width(DenoiserNetwork unet) {
            return unet instanceof UNet3D video
                    ? video.config().channels().get(0)
                    : ((UNet) unet).config().channels().get(0);
        }

        /** In float32 from the first operation to the last. */
        static double[] waves(DenoiserNetwork unet, double[] labels) {
            int half = width(unet) / 2;
            TimeFeatures.Positional time = unet instanceof UNet ofImages
                    ? (TimeFeatures.Positional) ofImages.config().time()
                    : new TimeFeatures.Positional(true, 0);
            double[] waves = new double[labels.length * 2 * half];
            for (int row = 0; row < labels.length; row++) {
                for (int i = 0; i < half; i++) {
                    float exponent = (float) -Math.log(10000) * i / (float) (half - time.shift());
                    float angle = (float) labels[row] * (float) Math.exp(exponent);
                    int first = row * 2 * half + i;
                    waves[first + (time.cosineFirst() ? half : 0)] = (float) Math.sin(angle);
                    waves[first + (time.cosineFirst() ? 0 : half)] = (float) Math.cos(angle);
                }
            }
            return waves;
        }
    }

    private static void compare(UNetGolden golden, UNetGolden.Pulled pulled, double tolerance) {
        try (SafetensorsFile numbers = golden.numbers()) {
            Comparison comparison = new Comparison(numbers, tolerance);
            comparison.compare("out.sample", pulled.output());
            comparison.compare("grad.sample", pulled.sample());
            if (pulled.condition().length > 0) {
                comparison.compare("grad.encoder_hidden_states", pulled.condition());
            }
            for (String name : numbers.names()) {
                if (name.startsWith("grad.param.") && !name.endsWith(".f64")) {
                    comparison.compare(
                            name, part(pulled.theta(), golden.layout(), name.substring("grad.param.".length())));
                }
            }
            comparison.compareNorms(golden.facts().get("gradnorm_order"), pulled.theta(), golden.layout());
            comparison.finish();
        }
    }

    private static double[] part(double[] gradient, ParameterLayout layout, String name) {
        ParameterLayout.Entry entry = layout.entry(name);
        return Arrays.copyOfRange(gradient, entry.offset(), entry.offset() + entry.size());
    }

    /** Collects what is too far away, relative to the largest number of its array, so that one run shows all of it. */
    private static final class Comparison {
        private final SafetensorsFile expected;
        private final double tolerance;
        private final List<String> failures = new ArrayList<>();
        private int compared;

        Comparison(SafetensorsFile expected, double tolerance) {
            this.expected = expected;
            this.tolerance = tolerance;
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
            judge(name, worst / largest);
        }

        void compareNorms(JsonNode order, double[] gradient, ParameterLayout layout) {
            double[] wanted = expected.doubles("gradnorm.all.f64");
            assertEquals(wanted.length, order.size());
            assertEquals(layout.entries().size(), order.size());
            // Biases of keys have gradient 0, since softmax ignores what all its inputs share; rounding has no such
            // norm.
            double smallest = 1e-3 * tolerance * Arrays.stream(wanted).max().orElseThrow();
            for (int i = 0; i < wanted.length; i++) {
                String name = order.get(i).asText();
                double sum = 0;
                for (double value : part(gradient, layout, name)) {
                    sum += value * value;
                }
                double error = Math.abs(Math.sqrt(sum) - wanted[i]) / Math.max(wanted[i], smallest);
                judge("norm of the gradient of " + name, Math.sqrt(sum) + wanted[i] < smallest ? 0 : error);
            }
        }

        private void judge(String what, double error) {
            if (!(error <= tolerance)) {
                failures.add(what + " differs by a relative " + error);
            }
            compared++;
        }

        void finish() {
            assertEquals(List.of(), failures);
            assertTrue(compared > 100, "only " + compared + " comparisons");
        }
    }
}
