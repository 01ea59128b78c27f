package org.plumbline.plugins.backend.djl.pytorch;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/**
 * A small network with every kind of product. libtorch does not have every kernel in every precision for every processor,
 * and says so only when it is called; this calls it before a run.
 */
record PrecisionProbe() implements GraphDefinition {
    private static final int WIDTH = 8;
    private static final int SIDE = 4;

    @Override
    public String name() {
        return "probe";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec("x", TensorSpec.BATCH, WIDTH, SIDE, SIDE));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = Objects.requireNonNull(inputs.get("x"));
        T h = ops.silu(ops.conv2d(x, ops.weight("conv", WIDTH, WIDTH, 3, 3), ops.weight("bias", WIDTH), 1, 1));
        T heads = ops.transpose(ops.reshape(h, -1, 2, WIDTH / 2, SIDE * SIDE), 0, 1, 3, 2);
        T mixed = ops.matmul(ops.attention(heads, heads, heads, false), ops.transpose(heads, 0, 1, 3, 2));
        return ops.linear(mixed, ops.weight("linear", 1, SIDE * SIDE), null);
    }

    /**
     * Calls the network, there and back.
     *
     * @throws PlumblineException {@link StandardError#UNSUPPORTED} if the precision cannot be used
     */
    static void check(BackendSession session, DjlPytorchBackend.Configuration configuration) {
        ParameterLayout layout = ParameterLayout.builder()
                .add("conv", WIDTH, WIDTH, 3, 3)
                .add("bias", WIDTH)
                .add("linear", 1, SIDE * SIDE)
                .build();
        try (Network network = session.compile(new PrecisionProbe(), WeightSource.none(), layout);
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = Map.of("x", arena.zeros(2, WIDTH, SIDE, SIDE));
            Tensor output = network.forward(arena, arena.zeros(layout.size()), inputs);
            network.vjp(arena, arena.zeros(layout.size()), inputs, output, Set.of("x"));
        } catch (PlumblineException failure) {
            if (failure.code() != StandardError.INTERNAL) {
                throw failure;
            }
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("precision " + configuration.precision() + " on device '" + configuration.device()
                            + "', for which this libtorch lacks an operation: " + PyTorchEngine.innermost(failure))
                    .available("float32")
                    .remedy("leave precision out, or use another device")
                    .cause(failure)
                    .build();
        }
    }
}
