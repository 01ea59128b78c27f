package org.plumbline.toolkit.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;

/**
 * A graph as an ONNX model in float32 that does not contain the numbers of its weights, for a runtime in the same process.
 *
 * <p>Trainable parameters are inputs of the model beside those of the graph, so that they may change from call to call.
 * Frozen weights are initializers whose numbers lie elsewhere ("external data" of a file that does not exist): the runtime
 * is handed them in memory when it loads the model. So the model is small however large the network is, no number goes
 * through the file format, and its limit of two gigabytes does not matter.
 *
 * @param model the bytes of the model; not copied
 * @param output the shape of its only output; the first size is the batch
 * @param outputName the name of the output in the model
 * @param parameters the name in the model of every trainable parameter, by the name in the layout and in its order
 * @param frozen the frozen weights
 */
public record OnnxRecording(
        byte[] model, Shape output, String outputName, Map<String, String> parameters, Map<String, Frozen> frozen) {
    /**
     * A weight that the runtime must be handed.
     *
     * @param weight its name in the weight source
     * @param shape its sizes
     */
    public record Frozen(String weight, Shape shape) {}

    private static final int FLOAT = 1;
    private static final int EXTERNAL = 1;

    /**
     * Records a graph. {@code frozen()} of the result is by the names in the model.
     *
     * @param graph the network
     * @param source the weights that {@code trainable} does not name
     * @param trainable the parameters
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE}, {@link StandardError#MALFORMED_FILE} or
     *     {@link StandardError#BAD_VALUE} as {@link CheckedGraph#of}
     */
    public static OnnxRecording of(GraphDefinition graph, WeightSource source, ParameterLayout trainable) {
        CheckedGraph checked = CheckedGraph.of(graph, source, trainable);
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, Frozen> frozen = new LinkedHashMap<>();
        OnnxOps ops = new OnnxOps(new ShapeOps(graph.name(), source, trainable), (recorder, weight, name, shape) -> {
            if (trainable.contains(weight)) {
                names.put(weight, name);
            } else {
                frozen.put(name, new Frozen(weight, new Shape(shape)));
                recorder.initializer(elsewhere(name, shape));
            }
        });
        OnnxOps.Value output = OnnxModel.record(graph, ops);
        Map<String, String> parameters = new LinkedHashMap<>();
        Map<String, Shape> inputs = new LinkedHashMap<>();
        for (ParameterLayout.Entry entry : trainable.entries()) {
            String name = names.get(entry.name());
            parameters.put(entry.name(), name);
            inputs.put(name, new Shape(entry.shape()));
        }
        return new OnnxRecording(
                OnnxModel.of(graph, ops, inputs, output), checked.output(), output.name(), parameters, frozen);
    }

    private static Message elsewhere(String name, long[] shape) {
        Message tensor = new Message();
        long bytes = Float.BYTES;
        for (long size : shape) {
            tensor.add(1, size);
            bytes *= size;
        }
        return tensor.add(2, FLOAT)
                .add(8, name)
                .add(13, entry("location", "in memory"))
                .add(13, entry("length", Long.toString(bytes)))
                .add(14, EXTERNAL);
    }

    private static Message entry(String key, String value) {
        return new Message().add(1, key).add(2, value);
    }
}
