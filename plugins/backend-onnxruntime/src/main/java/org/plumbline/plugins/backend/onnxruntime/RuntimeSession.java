package org.plumbline.plugins.backend.onnxruntime;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** Owns networks and, through one root arena to which all others belong, tensors. */
final class RuntimeSession implements BackendSession {
    private final OnnxRuntimeEngine engine;
    private final MemoryPool pool;
    private final BufferArena root;
    private final Set<RuntimeNetwork> networks = new LinkedHashSet<>();
    private double[] scratch = {};
    private boolean closed;

    RuntimeSession(OnnxRuntimeEngine engine) {
        this.engine = engine;
        pool = new MemoryPool(engine.environment());
        root = new BufferArena(this, null);
    }

    OnnxRuntimeEngine engine() {
        return engine;
    }

    MemoryPool pool() {
        return pool;
    }

    /** An array of at least this length, for one operation. */
    double[] scratch(int size) {
        if (scratch.length < size) {
            scratch = new double[size];
        }
        return scratch;
    }

    @Override
    public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        requireOpen();
        RuntimeNetwork network = RuntimeNetwork.compile(this, graph, frozen, trainable);
        networks.add(network);
        return network;
    }

    @Override
    public TensorArena arena() {
        requireOpen();
        return root.nested();
    }

    @Override
    public void trim() {
        pool.close();
        scratch = new double[0];
    }

    void forget(RuntimeNetwork network) {
        networks.remove(network);
    }

    void requireOpen() {
        if (closed) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a session was used after it had been closed")
                    .build();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            root.close();
            List.copyOf(networks).forEach(RuntimeNetwork::close);
            pool.close();
        }
    }
}
