package org.plumbline.it;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** A backend that runs networks forward and nothing else, by the arithmetic of another one; it counts its calls. */
final class ForwardOnly implements ComputeBackend {
    static final String ID = "forward-only";

    private final Lease<ComputeBackend> inner;
    private final AtomicLong calls;

    private ForwardOnly(Lease<ComputeBackend> inner, AtomicLong calls) {
        this.inner = inner;
        this.calls = calls;
    }

    /** Offers it as a plugin; the number of network calls is in what is returned. */
    static AtomicLong register(PluginCatalog catalog, String arithmetic) {
        AtomicLong calls = new AtomicLong();
        catalog.register(ToyPlugins.provider(
                ID,
                PluginRole.BACKEND,
                () -> new ForwardOnly(catalog.lease(ComputeBackend.class, arithmetic, Map.of(), Path.of("")), calls)));
        return calls;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.FORWARD);
    }

    @Override
    public String description() {
        return "forward only, by " + inner.get().description();
    }

    @Override
    public BackendSession open() {
        BackendSession session = inner.get().open();
        return new BackendSession() {
            @Override
            public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
                Network network = session.compile(graph, frozen, trainable);
                return new Network() {
                    @Override
                    public GraphDefinition definition() {
                        return network.definition();
                    }

                    @Override
                    public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
                        calls.incrementAndGet();
                        return network.forward(into, parameters, inputs);
                    }

                    @Override
                    public VectorJacobian vjp(
                            TensorArena into,
                            @Nullable Tensor parameters,
                            Map<String, Tensor> inputs,
                            Tensor cotangent,
                            Set<String> wrt) {
                        throw new UnsupportedOperationException("this backend runs networks forward only");
                    }

                    @Override
                    public void close() {
                        network.close();
                    }
                };
            }

            @Override
            public TensorArena arena() {
                return session.arena();
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    @Override
    public void close() {
        inner.close();
    }
}
