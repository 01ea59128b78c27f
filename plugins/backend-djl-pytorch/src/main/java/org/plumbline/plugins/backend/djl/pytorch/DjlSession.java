package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owns native memory and networks on one device. */
final class DjlSession implements BackendSession {
    private static final Logger LOG = LoggerFactory.getLogger(DjlSession.class);

    private final NDManager manager;
    private final DjlPytorchBackend.Configuration configuration;
    private final RowWorkers workers;
    private final ArenaKernels kernels;
    private final Set<DjlNetwork> networks = new LinkedHashSet<>();
    private boolean closed;

    /**
     * @param manager of the device; this session closes it
     */
    DjlSession(NDManager manager, DjlPytorchBackend.Configuration configuration) {
        this.manager = manager;
        this.configuration = configuration;
        kernels = new ArenaKernels(manager, configuration.threads());
        workers = new RowWorkers(configuration.workers(), "plumbline-djl-rows");
    }

    DjlPytorchBackend.Configuration configuration() {
        return configuration;
    }

    RowWorkers workers() {
        return workers;
    }

    ArenaKernels kernels() {
        return kernels;
    }

    boolean isClosed() {
        return closed;
    }

    void forget(DjlNetwork network) {
        networks.remove(network);
    }

    @Override
    public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        requireOpen();
        DjlNetwork network = new DjlNetwork(this, manager, graph, frozen, trainable);
        networks.add(network);
        return network;
    }

    @Override
    public TensorArena arena() {
        requireOpen();
        return new DjlArena(this, null, manager.newSubManager());
    }

    @Override
    public void trim() {
        giveBack(manager.getDevice());
    }

    private static void giveBack(Device device) {
        if (device.isGpu()) {
            JniUtils.emptyCudaCache();
        }
        try {
            // The C library keeps what it was given back for the next time, gigabytes after a large computation.
            NativeLibrary.getInstance("c").getFunction("malloc_trim").invokeInt(new Object[] {0});
        } catch (UnsatisfiedLinkError otherLibrary) {
            LOG.debug("this C library has no malloc_trim", otherLibrary);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a session was used after it had been closed")
                    .build();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            List<DjlNetwork> open = new ArrayList<>(networks);
            workers.close();
            open.forEach(DjlNetwork::close);
            kernels.close();
            closed = true;
            Device device = manager.getDevice();
            manager.close();
            giveBack(device);
        }
    }
}
