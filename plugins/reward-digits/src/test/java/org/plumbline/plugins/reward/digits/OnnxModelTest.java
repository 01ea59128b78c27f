package org.plumbline.plugins.reward.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.graph.Window;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.onnx.OnnxFile;
import org.plumbline.toolkit.onnx.OnnxGraph;
import org.plumbline.toolkit.onnx.OnnxModel;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** ONNX files as ONNX Runtime reads them, against the reference backend. */
class OnnxModelTest {
    private static final Path SHIPPED = Path.of("../../distribution/app/src/main/plumbline/models/digits/classifier");

    @TempDir
    private Path folder;

    @Test
    void everyOperationIsWrittenAsOnnxUnderstandsItAndReadAsItWasWritten() throws OrtException {
        EveryOperation graph = new EveryOperation();
        SplittableRandom random = new SplittableRandom(4);
        Map<String, WeightSource.Weight> weights = new HashMap<>();
        weights.put("w", weight(random, 4, 2, 3, 3));
        weights.put("wide", weight(random, 4, 1, 3, 2));
        weights.put("b", weight(random, 4));
        weights.put("fc", weight(random, 6, 5));
        weights.put("gamma", weight(random, 4));
        weights.put("beta", weight(random, 4));
        weights.put("table", weight(random, 7, 5));
        weights.put("table.gamma", weight(random, 5));
        weights.put("table.beta", weight(random, 5));
        double[] image = draw(random, 3 * 2 * 6 * 6);
        double[] tokens = {0, 6, 2, 2, 5, 1};
        agree(
                folder.resolve("model.onnx"),
                graph,
                WeightSource.of(weights),
                Map.of("image", image, "tokens", tokens),
                3);
    }

    @Test
    void theShippedClassifierIsTheSameInBothFormats() throws OrtException {
        try (SafetensorsFile weights = SafetensorsFile.open(SHIPPED.resolve("model.safetensors"))) {
            ConvolutionalClassifier classifier = ConvolutionalClassifier.of(weights);
            assertEquals(new ConvolutionalClassifier(1, 16, 16, 64, 10), classifier);
            double[] images = draw(new SplittableRandom(9), 4 * 256);
            Map<String, double[]> inputs = Map.of(ConvolutionalClassifier.IMAGE, images);
            double[] expected = reference(classifier.graph(), weights, inputs, 4);
            try (OrtSession session = OrtEnvironment.getEnvironment()
                    .createSession(SHIPPED.resolve("model.onnx").toString())) {
                assertArrayEquals(expected, run(session, classifier.graph(), inputs, 4), 1e-4);
            }
        }
    }

    private static void agree(
            Path file, GraphDefinition graph, WeightSource weights, Map<String, double[]> inputs, int rows)
            throws OrtException {
        double[] expected = reference(graph, weights, inputs, rows);
        try (OrtSession session = OrtEnvironment.getEnvironment().createSession(OnnxModel.of(graph, weights))) {
            assertArrayEquals(expected, run(session, graph, inputs, rows), 2e-5);
        }
        OnnxModel.write(file, graph, weights);
        OnnxGraph read = OnnxGraph.of(OnnxFile.read(file), OnnxModel.OUTPUT, Map.of());
        // The file holds constants in float32.
        assertArrayEquals(expected, reference(read, read.weights(), inputs, rows), 2e-7);
    }

    private static double[] reference(
            GraphDefinition graph, WeightSource weights, Map<String, double[]> values, int rows) {
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(graph, weights, ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            for (TensorSpec spec : graph.inputs()) {
                inputs.put(spec.name(), arena.tensor(values.get(spec.name()), shape(spec, rows)));
            }
            return network.forward(arena, null, inputs).toDoubles();
        }
    }

    private static double[] run(OrtSession session, GraphDefinition graph, Map<String, double[]> values, int rows)
            throws OrtException {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        try {
            for (TensorSpec spec : graph.inputs()) {
                double[] source = values.get(spec.name());
                float[] rounded = new float[source.length];
                for (int i = 0; i < source.length; i++) {
                    rounded[i] = (float) source[i];
                }
                inputs.put(
                        spec.name(),
                        OnnxTensor.createTensor(
                                OrtEnvironment.getEnvironment(), FloatBuffer.wrap(rounded), shape(spec, rows)));
            }
            try (OrtSession.Result result = session.run(inputs)) {
                FloatBuffer found = ((OnnxTensor) result.get(OnnxModel.OUTPUT).orElseThrow()).getFloatBuffer();
                double[] output = new double[found.remaining()];
                for (int i = 0; i < output.length; i++) {
                    output[i] = found.get(i);
                }
                return output;
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private static long[] shape(TensorSpec spec, int rows) {
        long[] shape = spec.shape();
        shape[0] = rows;
        return shape;
    }

    private static WeightSource.Weight weight(SplittableRandom random, long... shape) {
        int size = 1;
        for (long length : shape) {
            size *= (int) length;
        }
        return new WeightSource.Weight(draw(random, size), shape);
    }

    private static double[] draw(SplittableRandom random, int size) {
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** All operations in one graph; each reaches the output through a path of its own. */
    private record EveryOperation() implements GraphDefinition {
        private static final Window UNEVEN = new Window(1, 2, 2, 1, 2, 1, 0, 1);

        @Override
        public String name() {
            return "every-operation";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec("image", TensorSpec.BATCH, 2, 6, 6), new TensorSpec("tokens", TensorSpec.BATCH, 2));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in) {
            T image = in.get("image");
            T positive = ops.shift(ops.exp(image), 0.1);
            List<T> parts = List.of(
                    flat(ops, ops.conv2d(image, ops.weight("w", 4, 2, 3, 3), ops.weight("b", 4), 2, 1)),
                    flat(ops, ops.conv2d(image, ops.weight("w", 4, 2, 3, 3), null, 1, 0)),
                    flat(ops, ops.conv2d(image, ops.weight("wide", 4, 1, 3, 2), ops.weight("b", 4), UNEVEN, 2)),
                    flat(ops, ops.maxPool2d(image, 3, 2, UNEVEN)),
                    flat(ops, ops.erf(image)),
                    flat(ops, ops.pad2d(image, 1, 2, 0, 1)),
                    flat(ops, ops.upsampleNearest2x(image)),
                    flat(ops, ops.avgPool2d(image, 3)),
                    flat(ops, normalised(ops, image)),
                    flat(ops, ops.log(positive)),
                    flat(ops, ops.sqrt(positive)),
                    flat(ops, ops.div(ops.sin(image), positive)),
                    flat(ops, ops.sub(ops.cos(image), ops.tanh(image))),
                    flat(ops, ops.mul(ops.sigmoid(image), ops.relu(image))),
                    flat(ops, ops.gelu(ops.scale(image, 3))),
                    flat(ops, ops.silu(image)),
                    flat(ops, ops.quickGelu(image)),
                    flat(ops, ops.clamp(image, -0.3, 0.5)),
                    flat(ops, ops.sum(image, true, 2)),
                    flat(ops, ops.mean(image, false, -1, 1)),
                    flat(ops, ops.softmax(image)),
                    flat(ops, ops.logSoftmax(image)),
                    flat(ops, ops.transpose(ops.slice(image, -1, 1, 4), 0, 3, 1, 2)),
                    flat(ops, ops.add(image, ops.constant(new double[] {1, 2, 3, 4, 5, 6}, 6, 1))),
                    flat(ops, words(ops, in.get("tokens"))));
            return ops.concat(-1, parts);
        }

        private static <T> T normalised(Ops<T> ops, T image) {
            T channels = ops.concat(1, List.of(image, ops.scale(image, -0.5)));
            return ops.groupNorm(channels, 2, ops.weight("gamma", 4), ops.weight("beta", 4), 1e-5);
        }

        private static <T> T words(Ops<T> ops, T tokens) {
            T words = ops.embedding(ops.weight("table", 7, 5), tokens);
            words = ops.layerNorm(words, ops.weight("table.gamma", 5), ops.weight("table.beta", 5), 1e-5);
            T heads = ops.reshape(ops.linear(words, ops.weight("fc", 6, 5), null), TensorSpec.BATCH, 2, 2, 3);
            heads = ops.transpose(heads, 0, 2, 1, 3);
            return ops.attention(heads, ops.scale(heads, 2), heads, true);
        }

        private static <T> T flat(Ops<T> ops, T x) {
            long size = 1;
            for (int axis = 1; axis < ops.shape(x).length; axis++) {
                size *= ops.shape(x)[axis];
            }
            return ops.reshape(x, TensorSpec.BATCH, size);
        }
    }
}
