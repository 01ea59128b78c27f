package org.plumbline.toolkit.onnx;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;

/** Writes a graph with its weights as an ONNX model in float32. Stateless. */
public final class OnnxModel {
    /** The name of the model's only output. */
    public static final String OUTPUT = "output";

    private static final int IR_VERSION = 10;
    private static final int OPERATOR_SET = 21;
    private static final int FLOAT = 1;

    private OnnxModel() {}

    /**
     * The bytes of the file. Inputs keep their names and have a first size {@code batch} that is free.
     *
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} or {@link StandardError#MALFORMED_FILE} if the weights
     *     do not fit the graph
     */
    public static byte[] of(GraphDefinition graph, WeightSource weights) {
        ShapeOps shapes = new ShapeOps(graph.name(), weights, ParameterLayout.empty());
        OnnxOps ops = new OnnxOps(shapes, OnnxOps.inTheFile(weights));
        OnnxOps.Value output = record(graph, ops);
        return of(graph, ops, Map.of(), output);
    }

    /** Walks through a graph; returns its output under a name of its own. */
    static OnnxOps.Value record(GraphDefinition graph, OnnxOps ops) {
        Map<String, OnnxOps.Value> inputs = new LinkedHashMap<>();
        for (TensorSpec spec : graph.inputs()) {
            inputs.put(spec.name(), ops.input(spec));
        }
        return ops.named(graph.build(ops, inputs), OUTPUT);
    }

    /**
     * The bytes of a model.
     *
     * @param ops has walked through the graph
     * @param parameters inputs beside those of the graph, by their names in the file
     */
    static byte[] of(GraphDefinition graph, OnnxOps ops, Map<String, Shape> parameters, OnnxOps.Value output) {
        Message body = new Message();
        ops.nodes().forEach(node -> body.add(1, node));
        body.add(2, graph.name());
        ops.initializers().forEach(tensor -> body.add(5, tensor));
        graph.inputs().forEach(spec -> body.add(11, declaration(spec.name(), spec.shape())));
        parameters.forEach((name, shape) -> body.add(11, declaration(name, shape.sizes())));
        body.add(12, declaration(output.name(), output.shape().sizes()));
        return new Message()
                .add(1, IR_VERSION)
                .add(2, "Plumbline")
                .add(7, body)
                .add(8, new Message().add(1, "").add(2, OPERATOR_SET))
                .toBytes();
    }

    /**
     * Writes the file atomically.
     *
     * @throws PlumblineException as {@link #of}, or {@link StandardError#UNWRITABLE_OUTPUT}
     */
    public static void write(Path target, GraphDefinition graph, WeightSource weights) {
        ByteBuffer bytes = ByteBuffer.wrap(of(graph, weights));
        AtomicFile.write(target, (FileChannel channel) -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    private static Message declaration(String name, long[] sizes) {
        Message shape = new Message();
        for (long size : sizes) {
            shape.add(1, size == TensorSpec.BATCH ? new Message().add(2, "batch") : new Message().add(1, size));
        }
        Message tensor = new Message().add(1, FLOAT).add(2, shape);
        return new Message().add(1, name).add(2, new Message().add(1, tensor));
    }
}
