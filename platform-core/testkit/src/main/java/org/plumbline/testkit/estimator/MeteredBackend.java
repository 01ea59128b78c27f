package org.plumbline.testkit.estimator;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
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
 * Another backend, with a count of the tensors that are alive, and with fewer capabilities if wanted. Not thread-safe.
 */
public final class MeteredBackend implements ComputeBackend {
    private final ComputeBackend inner;
    private final boolean forwardOnly;
    private final Set<Metered> alive = new LinkedHashSet<>();
    private final List<Integer> toDevice = new ArrayList<>();
    private final List<Integer> fromDevice = new ArrayList<>();
    private long numbers;
    private long peak;

    /**
     * @param inner computes
     * @param forwardOnly whether vector-Jacobian products are refused
     */
    public MeteredBackend(ComputeBackend inner, boolean forwardOnly) {
        this.inner = inner;
        this.forwardOnly = forwardOnly;
    }

    /** How many tensors are alive. */
    public int aliveTensors() {
        return alive.size();
    }

    /** The largest count of numbers that were alive at once since the last {@link #resetPeak}. */
    public long peakNumbers() {
        return peak;
    }

    /** Starts a new measurement of the peak. */
    public void resetPeak() {
        peak = numbers;
    }

    /** How many numbers each tensor held that was made from an array since the last {@link #resetTransfers}. */
    public List<Integer> toDevice() {
        return List.copyOf(toDevice);
    }

    /** How many numbers each array held that a tensor was copied to since the last {@link #resetTransfers}. */
    public List<Integer> fromDevice() {
        return List.copyOf(fromDevice);
    }

    /** Starts a new list of transfers. */
    public void resetTransfers() {
        toDevice.clear();
        fromDevice.clear();
    }

    @Override
    public Set<Capability> capabilities() {
        Set<Capability> capabilities = EnumSet.copyOf(inner.capabilities());
        if (forwardOnly) {
            capabilities.remove(Capability.VJP);
        }
        return capabilities;
    }

    @Override
    public String description() {
        return inner.description() + ", metered";
    }

    @Override
    public BackendSession open() {
        BackendSession session = inner.open();
        return new BackendSession() {
            private final Arena root = new Arena(session.arena(), null);

            @Override
            public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
                return new MeteredNetwork(session.compile(graph, frozen, trainable));
            }

            @Override
            public TensorArena arena() {
                return root.nested();
            }

            @Override
            public void close() {
                root.close();
                session.close();
            }
        };
    }

    @Override
    public void close() {
        inner.close();
    }

    private static Tensor inner(Tensor tensor) {
        return ((Metered) tensor).inner;
    }

    private static List<Tensor> inner(List<Tensor> tensors) {
        return tensors.stream().map(MeteredBackend::inner).toList();
    }

    private static Map<String, Tensor> inner(Map<String, Tensor> tensors) {
        Map<String, Tensor> result = new HashMap<>();
        tensors.forEach((name, tensor) -> result.put(name, inner(tensor)));
        return result;
    }

    private final class MeteredNetwork implements Network {
        private final Network network;

        MeteredNetwork(Network network) {
            this.network = network;
        }

        @Override
        public GraphDefinition definition() {
            return network.definition();
        }

        @Override
        public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
            Arena arena = (Arena) into;
            return arena.own(
                    network.forward(arena.arena, parameters == null ? null : inner(parameters), inner(inputs)));
        }

        @Override
        public VectorJacobian vjp(
                TensorArena into,
                @Nullable Tensor parameters,
                Map<String, Tensor> inputs,
                Tensor cotangent,
                Set<String> wrt) {
            if (forwardOnly) {
                throw new UnsupportedOperationException("this backend runs networks forward only");
            }
            Arena arena = (Arena) into;
            VectorJacobian pulled = network.vjp(
                    arena.arena, parameters == null ? null : inner(parameters), inner(inputs), inner(cotangent), wrt);
            Map<String, Tensor> gradients = new HashMap<>();
            pulled.inputGradients().forEach((name, gradient) -> gradients.put(name, arena.own(gradient)));
            Tensor theta = pulled.parameterGradient();
            return new VectorJacobian(arena.own(pulled.output()), gradients, theta == null ? null : arena.own(theta));
        }

        @Override
        public void close() {
            network.close();
        }
    }

    private final class Metered implements Tensor {
        private Tensor inner;
        private final long size;
        private Arena owner;

        Metered(Tensor inner, Arena owner) {
            this.inner = inner;
            this.owner = owner;
            long product = 1;
            for (long length : inner.shape()) {
                product *= length;
            }
            this.size = product;
            alive.add(this);
            numbers += size;
            peak = Math.max(peak, numbers);
        }

        @Override
        public long[] shape() {
            return inner.shape();
        }

        @Override
        public double[] toDoubles() {
            double[] values = inner.toDoubles();
            fromDevice.add(values.length);
            return values;
        }

        @Override
        public void close() {
            owner.tensors.remove(this);
            release();
            inner.close();
        }

        void release() {
            if (alive.remove(this)) {
                numbers -= size;
            }
        }
    }

    private final class Arena implements TensorArena {
        private final TensorArena arena;
        private final @Nullable Arena parent;
        private final Set<Metered> tensors = new LinkedHashSet<>();
        private final Set<Arena> children = new LinkedHashSet<>();

        Arena(TensorArena arena, @Nullable Arena parent) {
            this.arena = arena;
            this.parent = parent;
        }

        Tensor own(Tensor tensor) {
            Metered metered = new Metered(tensor, this);
            tensors.add(metered);
            return metered;
        }

        @Override
        public Tensor tensor(double[] values, long... shape) {
            toDevice.add(values.length);
            return own(arena.tensor(values, shape));
        }

        @Override
        public Tensor zeros(long... shape) {
            return own(arena.zeros(shape));
        }

        @Override
        public Tensor combine(double[] coefficients, List<Tensor> parts) {
            return own(arena.combine(coefficients, inner(parts)));
        }

        @Override
        public Tensor scaleRows(double[] factors, Tensor x) {
            return own(arena.scaleRows(factors, inner(x)));
        }

        @Override
        public double[] dotRows(Tensor a, Tensor b) {
            double[] products = arena.dotRows(inner(a), inner(b));
            fromDevice.add(products.length);
            return products;
        }

        @Override
        public Tensor rows(Tensor x, int from, int to) {
            return own(arena.rows(inner(x), from, to));
        }

        @Override
        public Tensor concatRows(List<Tensor> parts) {
            return own(arena.concatRows(inner(parts)));
        }

        @Override
        public void accumulate(Tensor target, double factor, Tensor x) {
            arena.accumulate(inner(target), factor, inner(x));
        }

        @Override
        public TensorArena nested() {
            Arena child = new Arena(arena.nested(), this);
            children.add(child);
            return child;
        }

        @Override
        public Tensor adopt(Tensor x) {
            Metered metered = (Metered) x;
            metered.inner = arena.adopt(metered.inner);
            metered.owner.tensors.remove(metered);
            metered.owner = this;
            tensors.add(metered);
            return metered;
        }

        @Override
        public void close() {
            release();
            arena.close();
            if (parent != null) {
                parent.children.remove(this);
            }
        }

        private void release() {
            tensors.forEach(Metered::release);
            tensors.clear();
            children.forEach(Arena::release);
            children.clear();
        }
    }
}
