package org.plumbline.toolkit.graph;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/**
 * A graph whose operations, weights and parameters fit together.
 *
 * @param graph the graph
 * @param output the shape of its output; the first size is the batch
 * @param weights the weights and parameters it asks for, in the order in which it first does
 * @param largestRow how many numbers per row its largest intermediate value holds, a measure of memory
 */
public record CheckedGraph(GraphDefinition graph, Shape output, Map<String, Shape> weights, long largestRow) {
    /**
     * Checks a graph.
     *
     * @param frozen the weights that {@code trainable} does not name
     * @param trainable the parameters; each must be used by the graph, since one that is not would silently stay where
     *     it is
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} if shapes do not fit,
     *     {@link StandardError#MALFORMED_FILE} if a weight is missing, {@link StandardError#BAD_VALUE} if a parameter is
     *     not used
     */
    public static CheckedGraph of(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        ShapeOps ops = new ShapeOps(graph.name(), frozen, trainable);
        Map<String, Shape> inputs = new LinkedHashMap<>();
        for (TensorSpec input : graph.inputs()) {
            if (inputs.put(input.name(), ops.input(input)) != null) {
                throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                        .asked("graph '" + graph.name() + "' declares its input '" + input.name() + "' twice")
                        .build();
            }
        }
        Shape output = graph.build(ops, inputs);
        if (output.rank() == 0 || output.size(0) != TensorSpec.BATCH) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("graph '" + graph.name() + "' returns " + output + ", whose first size is not the batch")
                    .remedy("let the output depend on an input, row by row")
                    .build();
        }
        for (ParameterLayout.Entry entry : trainable.entries()) {
            if (!ops.weights().containsKey(entry.name())) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("parameter '" + entry.name() + "' is to be trained, but graph '" + graph.name()
                                + "' never asks for it")
                        .available(String.join(", ", ops.weights().keySet()))
                        .build();
            }
        }
        return new CheckedGraph(graph, output, ops.weights(), ops.largestRow());
    }
}
