package org.plumbline.testkit.backend;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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

/**
 * Another backend with its arenas and tensors; what its networks do, and how its sessions close, can be changed. A base for
 * backends that count, fail or lie in tests.
 */
public abstract class WrappedBackend implements ComputeBackend {
    private final ComputeBackend inner;

    /**
     * @param inner computes; closed with this one
     */
    protected WrappedBackend(ComputeBackend inner) {
        this.inner = inner;
    }

    /** A forward pass of one of its networks. */
    protected Tensor forward(
            Network network, TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        return network.forward(into, parameters, inputs);
    }

    /** A vector-Jacobian product of one of its networks. */
    protected VectorJacobian vjp(
            Network network,
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        return network.vjp(into, parameters, inputs, cotangent, wrt);
    }

    /** Closes one of its sessions. */
    protected void close(BackendSession session) {
        session.close();
    }

    @Override
    public Set<Capability> capabilities() {
        return inner.capabilities();
    }

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public BackendSession open() {
        BackendSession session = inner.open();
        return new BackendSession() {
            @Override
            public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
                return new WrappedNetwork(session.compile(graph, frozen, trainable));
            }

            @Override
            public TensorArena arena() {
                return session.arena();
            }

            @Override
            public void trim() {
                session.trim();
            }

            @Override
            public void close() {
                WrappedBackend.this.close(session);
            }
        };
    }

    @Override
    public void close() {
        inner.close();
    }

    private final class WrappedNetwork implements Network {
        private final Network network;

        WrappedNetwork(Network network) {
            this.network = network;
        }

        @Override
        public GraphDefinition definition() {
            return network.definition();
        }

        @Override
        public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
            return WrappedBackend.this.forward(network, into, parameters, inputs);
        }

        @Override
        public VectorJacobian vjp(
                TensorArena into,
                @Nullable Tensor parameters,
                Map<String, Tensor> inputs,
                Tensor cotangent,
                Set<String> wrt) {
            return WrappedBackend.this.vjp(network, into, parameters, inputs, cotangent, wrt);
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
