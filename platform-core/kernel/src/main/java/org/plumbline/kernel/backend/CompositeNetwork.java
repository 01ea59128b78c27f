package org.plumbline.kernel.backend;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.toolkit.graph.Shape;

/** A graph that two sessions have compiled. Operands and results are tensors of the session for gradients. */
final class CompositeNetwork implements Network {
    private final CompositeSession session;
    private final Network gradients;
    private final Network rollouts;
    private final Shape output;

    private @Nullable LentTheta theta;
    private boolean proven;

    CompositeNetwork(CompositeSession session, Network gradients, Network rollouts, Shape output) {
        this.session = session;
        this.gradients = gradients;
        this.rollouts = rollouts;
        this.output = output;
    }

    /** A view that is kept, since theta is the same for many calls, and a backend may have to find its way about in it. */
    private record LentTheta(Tensor original, TensorArena arena, Tensor view) {}

    @Override
    public GraphDefinition definition() {
        return gradients.definition();
    }

    @Override
    public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        session.requireOwn(into);
        try (TensorArena call = session.lending()) {
            long[] shape = output.sizes();
            // Whether the inputs are complete and agree in their rows is checked by the network.
            shape[0] =
                    inputs.values().stream().mapToInt(Tensor::rows).findFirst().orElse(1);
            Tensor result = into.zeros(shape);
            try {
                Tensor shared = session.view(result, call);
                if (shared != null) {
                    runInto(shared, parameters, inputs, call);
                } else {
                    result.close();
                    result = into.tensor(run(parameters, inputs, call).toDoubles(), shape);
                }
                prove(parameters, inputs, result);
                return result;
            } catch (RuntimeException | Error failure) {
                result.close();
                throw failure;
            }
        }
    }

    @Override
    public void forwardInto(Tensor result, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        session.requireOwn(result);
        try (TensorArena call = session.lending()) {
            Tensor shared = session.view(result, call);
            if (shared == null) {
                gradients.forwardInto(result, parameters, inputs);
                return;
            }
            runInto(shared, parameters, inputs, call);
            prove(parameters, inputs, result);
        }
    }

    private void runInto(Tensor shared, @Nullable Tensor parameters, Map<String, Tensor> inputs, TensorArena call) {
        rollouts.forwardInto(shared, lendTheta(parameters, call), lend(inputs, call));
    }

    private Tensor run(@Nullable Tensor parameters, Map<String, Tensor> inputs, TensorArena call) {
        return rollouts.forward(call, lendTheta(parameters, call), lend(inputs, call));
    }

    private Map<String, Tensor> lend(Map<String, Tensor> inputs, TensorArena call) {
        Map<String, Tensor> lent = new HashMap<>();
        inputs.forEach((name, tensor) -> lent.put(name, session.lend(tensor, call)));
        return lent;
    }

    private @Nullable Tensor lendTheta(@Nullable Tensor parameters, TensorArena call) {
        if (parameters == null) {
            return null;
        }
        session.requireOwn(parameters);
        LentTheta kept = theta;
        if (kept != null && kept.original == parameters) {
            return kept.view;
        }
        forgetTheta();
        TensorArena arena = session.lending();
        Tensor view = session.view(parameters, arena);
        if (view == null) {
            arena.close();
            return session.lend(parameters, call);
        }
        theta = new LentTheta(parameters, arena, view);
        return view;
    }

    private void forgetTheta() {
        if (theta != null) {
            theta.arena.close();
            theta = null;
        }
    }

    private void prove(@Nullable Tensor parameters, Map<String, Tensor> inputs, Tensor found) {
        if (!proven) {
            try (TensorArena scratch = session.arena()) {
                Tensor expected = gradients.forward(scratch, parameters, inputs);
                proven = session.parity().prove(definition().name(), expected.toDoubles(), found.toDoubles());
            }
        }
    }

    @Override
    public VectorJacobian vjp(
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        return gradients.vjp(into, parameters, inputs, cotangent, wrt);
    }

    @Override
    public void close() {
        forgetTheta();
        rollouts.close();
        gradients.close();
    }
}
