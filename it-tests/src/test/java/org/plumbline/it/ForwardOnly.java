package org.plumbline.it;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.testkit.backend.WrappedBackend;

/** A backend that runs networks forward and nothing else, by the arithmetic of another one; it counts its calls. */
final class ForwardOnly extends WrappedBackend {
    static final String ID = "forward-only";

    private final Lease<ComputeBackend> inner;
    private final AtomicLong calls;

    private ForwardOnly(Lease<ComputeBackend> inner, AtomicLong calls) {
        super(inner.get());
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
        return "forward only, by " + super.description();
    }

    @Override
    protected Tensor forward(
            Network network, TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        calls.incrementAndGet();
        return super.forward(network, into, parameters, inputs);
    }

    @Override
    protected VectorJacobian vjp(
            Network network,
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        throw new UnsupportedOperationException("this backend runs networks forward only");
    }

    @Override
    public void close() {
        inner.close();
    }
}
