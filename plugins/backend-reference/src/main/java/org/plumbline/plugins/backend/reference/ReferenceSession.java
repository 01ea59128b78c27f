package org.plumbline.plugins.backend.reference;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;
import org.plumbline.toolkit.graph.Shape;

/** A session: one root arena, to which all others belong, and a flag. The garbage collector does the rest. */
final class ReferenceSession implements BackendSession {
    private final ReferenceArena root = new ReferenceArena(this);
    private boolean closed;

    @Override
    public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        requireOpen("session");
        CheckedGraph checked = CheckedGraph.of(graph, frozen, trainable);
        Map<String, Value> weights = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> weight : checked.weights().entrySet()) {
            if (!trainable.contains(weight.getKey())) {
                weights.put(weight.getKey(), frozenWeight(weight.getKey(), weight.getValue(), frozen));
            }
        }
        return new ReferenceNetwork(this, checked, weights, trainable);
    }

    private static Value frozenWeight(String name, Shape shape, WeightSource source) {
        double[] values = source.doubles(name);
        if (values.length != shape.rowSize()) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("weight '" + name + "' " + shape + " came with " + values.length + " values")
                    .build();
        }
        return Value.constant(Sizes.toInts(shape.sizes()), values);
    }

    @Override
    public TensorArena arena() {
        requireOpen("session");
        return root.nested();
    }

    void requireOpen(String what) {
        if (closed) {
            throw Misuse.closed(what);
        }
    }

    @Override
    public void close() {
        closed = true;
        root.close();
    }
}
