package org.plumbline.toolkit.graph;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.TensorSpec;

/**
 * What one row costs, counted from shapes alone.
 *
 * @param multiplyAdds of matrix products, convolutions and attention in one forward pass. With frozen weights a
 *     vector-Jacobian product has as many once more, to pull the cotangent back, beside those of the forward pass that it
 *     redoes; where all weights are trained, twice as many
 * @param kept numbers that a vector-Jacobian product keeps between its forward and its backward half: operands of the
 *     operations whose derivative needs them
 * @param keptInSegments the same for a backend that keeps the values at the network's boundaries and computes those of one
 *     segment at a time again: the values at boundaries and the largest segment
 * @param largest numbers of the largest value
 * @param weights numbers of all weights, trained ones included
 */
public record GraphCost(long multiplyAdds, long kept, long keptInSegments, long largest, long weights) {
    /**
     * Counts.
     *
     * @param trained whether a weight is trained, by its name
     */
    public static GraphCost of(GraphDefinition graph, Predicate<String> trained) {
        CountingOps ops = new CountingOps(graph.name(), trained);
        Map<String, Shape> inputs = new LinkedHashMap<>();
        for (TensorSpec input : graph.inputs()) {
            inputs.put(input.name(), ops.input(input));
        }
        graph.build(ops, inputs);
        return ops.cost();
    }
}
