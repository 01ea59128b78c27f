package org.plumbline.plugins.reward.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.onnx.OnnxRecording;

/**
 * A network in ONNX Runtime, on the CPU. It is given one row at a time, since the numbers of a row would otherwise differ
 * in their last digits by what stands beside it. Thread-safe.
 */
final class OrtNetwork implements AutoCloseable {
    private final String title;
    private final OrtSession session;
    private final AtomicBoolean closed = new AtomicBoolean();

    private OrtNetwork(String title, OrtSession session) {
        this.title = title;
        this.session = session;
    }

    /**
     * Opens a file.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} with ONNX Runtime's reason
     */
    static OrtNetwork open(Path path) {
        return open("'" + path + "'", options -> environment().createSession(path.toString(), options));
    }

    /** Opens a graph. Its weights are handed over in memory, however many there are; ONNX Runtime copies them. */
    static OrtNetwork of(GraphDefinition graph, WeightSource weights) {
        OnnxRecording recording = OnnxRecording.of(graph, weights, ParameterLayout.empty());
        Map<String, OnnxTensorLike> numbers = new HashMap<>();
        try {
            return open("the graph '" + graph.name() + "'", options -> {
                for (Map.Entry<String, OnnxRecording.Frozen> entry :
                        recording.frozen().entrySet()) {
                    float[] values = weights.floats(entry.getValue().weight());
                    long[] shape = entry.getValue().shape().sizes();
                    numbers.put(
                            entry.getKey(), OnnxTensor.createTensor(environment(), FloatBuffer.wrap(values), shape));
                }
                if (!numbers.isEmpty()) {
                    options.addExternalInitializers(numbers);
                }
                return environment().createSession(recording.model(), options);
            });
        } finally {
            numbers.values().forEach(OnnxTensorLike::close);
        }
    }

    private interface Source {
        OrtSession open(OrtSession.SessionOptions options) throws OrtException;
    }

    private static OrtNetwork open(String title, Source source) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            return new OrtNetwork(title, source.open(options));
        } catch (OrtException failure) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked(title + " cannot be used by ONNX Runtime "
                            + environment().getVersion() + ": " + failure.getMessage())
                    .remedy("export it again")
                    .cause(failure)
                    .build();
        }
    }

    private static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment();
    }

    /** The only output for one row. */
    double[] run(Map<String, Row> inputs) {
        return run(session.getOutputNames().iterator().next(), inputs);
    }

    /** What one input takes for one row. */
    record Row(double[] values, long... shape) {}

    /**
     * One output for one row.
     *
     * @param inputs by name; their shapes are without the batch
     */
    double[] run(String output, Map<String, Row> inputs) {
        Map<String, OnnxTensorLike> tensors = new HashMap<>();
        try {
            for (Map.Entry<String, Row> input : inputs.entrySet()) {
                tensors.put(input.getKey(), tensor(input.getKey(), input.getValue()));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                FloatBuffer found = ((OnnxTensor) result.get(output)
                                .orElseThrow(() -> new OrtException("there is no output '" + output + "'")))
                        .getFloatBuffer();
                if (found == null) {
                    throw new OrtException("output '" + output + "' does not hold float32 numbers");
                }
                double[] values = new double[found.remaining()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = found.get(i);
                }
                return values;
            }
        } catch (OrtException failure) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked(title + " failed in ONNX Runtime: " + failure.getMessage())
                    .remedy("check input, size and layout of the reward against what the file takes")
                    .cause(failure)
                    .build();
        } finally {
            tensors.values().forEach(OnnxTensorLike::close);
        }
    }

    private OnnxTensor tensor(String name, Row row) throws OrtException {
        NodeInfo info = session.getInputInfo().get(name);
        if (info == null || !(info.getInfo() instanceof TensorInfo declared)) {
            throw new OrtException("there is no input '" + name + "'");
        }
        long[] shape = new long[row.shape.length + 1];
        shape[0] = 1;
        System.arraycopy(row.shape, 0, shape, 1, row.shape.length);
        double[] values = row.values;
        return switch (declared.type) {
            case FLOAT -> OnnxTensor.createTensor(environment(), floats(values), shape);
            case FLOAT16 ->
                OnnxTensor.createTensor(
                        environment(),
                        Fp16Conversions.convertFloatBufferToFp16Buffer(floats(values)),
                        shape,
                        OnnxJavaType.FLOAT16);
            case DOUBLE -> OnnxTensor.createTensor(environment(), DoubleBuffer.wrap(values.clone()), shape);
            case INT64 ->
                OnnxTensor.createTensor(
                        environment(),
                        LongBuffer.wrap(
                                Arrays.stream(values).mapToLong(v -> (long) v).toArray()),
                        shape);
            case INT32 ->
                OnnxTensor.createTensor(
                        environment(),
                        IntBuffer.wrap(
                                Arrays.stream(values).mapToInt(v -> (int) v).toArray()),
                        shape);
            default -> throw new OrtException("input '" + name + "' takes numbers of type " + declared.type);
        };
    }

    private static FloatBuffer floats(double[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return FloatBuffer.wrap(rounded);
    }

    /** Frees the native session. Closing twice is harmless. */
    @Override
    public void close() {
        try {
            if (!closed.getAndSet(true)) {
                session.close();
            }
        } catch (OrtException failure) {
            throw PlumblineException.of(StandardError.INTERNAL)
                    .asked(title + " could not be closed")
                    .cause(failure)
                    .build();
        }
    }
}
