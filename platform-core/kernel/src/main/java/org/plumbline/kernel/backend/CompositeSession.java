package org.plumbline.kernel.backend;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;

/** One session of either backend. */
final class CompositeSession implements BackendSession {
    private final BackendSession gradients;
    private final BackendSession rollouts;
    private final Parity parity;
    /** An arena of this session, which knows where its tensors lie. */
    private final TensorArena home;
    /** A tensor of this session, to ask an arena whether it is one, too. */
    private final Tensor token;

    /** Takes two open sessions over and closes them. */
    CompositeSession(BackendSession gradients, BackendSession rollouts, Parity parity) {
        this.gradients = gradients;
        this.rollouts = rollouts;
        this.parity = parity;
        this.home = gradients.arena();
        this.token = home.zeros(1);
    }

    Parity parity() {
        return parity;
    }

    /** A new arena for operands of one call of the backend for rollouts. */
    TensorArena lending() {
        return rollouts.arena();
    }

    /** Lets an arena refuse this session's tensor if it is closed or belongs to another session. */
    void requireOwn(TensorArena arena) {
        require(arena, token);
    }

    /** Refuses a tensor that is closed or of another session. */
    void requireOwn(Tensor x) {
        require(home, x);
    }

    private static void require(TensorArena arena, Tensor x) {
        if (arena.memory(x) == null) {
            arena.dotRows(x, x);
        }
    }

    /** The same numbers for the backend for rollouts: where they lie if possible, otherwise a copy. */
    Tensor lend(Tensor x, TensorArena into) {
        Tensor view = view(x, into);
        if (view != null) {
            return view;
        }
        requireOwn(x);
        return into.tensor(x.toDoubles(), x.shape());
    }

    /** A tensor of the backend for rollouts over the memory of one of ours; null if one of the two does not share. */
    @Nullable
    Tensor view(Tensor x, TensorArena into) {
        FloatBuffer memory = home.memory(x);
        return memory == null ? null : into.view(memory, x.shape());
    }

    @Override
    public Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        Network differentiable = gradients.compile(graph, frozen, trainable);
        try {
            return new CompositeNetwork(
                    this,
                    differentiable,
                    rollouts.compile(graph, frozen, trainable),
                    CheckedGraph.of(graph, frozen, trainable).output());
        } catch (RuntimeException | Error failure) {
            differentiable.close();
            throw failure;
        }
    }

    @Override
    public TensorArena arena() {
        return gradients.arena();
    }

    @Override
    public void trim() {
        gradients.trim();
        rollouts.trim();
    }

    /** The session for rollouts first: it may have views of the other one's memory. */
    @Override
    public void close() {
        try {
            rollouts.close();
        } finally {
            gradients.close();
        }
    }
}
