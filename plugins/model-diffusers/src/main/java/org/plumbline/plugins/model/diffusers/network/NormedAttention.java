package org.plumbline.plugins.model.diffusers.network;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/** The projections of one sequence for attention, with a norm on the heads of queries and keys where the network has it. */
final class NormedAttention {
    private static final double EPS = 1e-6;

    private final int heads;
    private final Linear toQ;
    private final Linear toK;
    private final Linear toV;
    private final @Nullable RmsNorm normQ;
    private final @Nullable RmsNorm normK;

    /** Queries, keys and values, [batch, heads, length, width / heads]. */
    record Heads<T>(T q, T k, T v) {}

    /**
     * Declares the layers.
     *
     * @param names of to_q, to_k, to_v and of the norms of queries and keys
     */
    NormedAttention(Scope scope, int width, int heads, boolean norms, Names names) {
        this.heads = heads;
        this.toQ = scope.linear(names.q(), width, width, true);
        this.toK = scope.linear(names.k(), width, width, true);
        this.toV = scope.linear(names.v(), width, width, true);
        this.normQ = norms ? RmsNorm.declare(scope, names.normQ(), width / heads, EPS) : null;
        this.normK = norms ? RmsNorm.declare(scope, names.normK(), width / heads, EPS) : null;
    }

    /** What the layers are called. */
    enum Names {
        /** Those of the sequence itself. */
        OWN("to_q", "to_k", "to_v", "norm_q", "norm_k"),
        /** Those of a second sequence that joins the first. */
        ADDED("add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q", "norm_added_k");

        private final String q;
        private final String k;
        private final String v;
        private final String normQ;
        private final String normK;

        Names(String q, String k, String v, String normQ, String normK) {
            this.q = q;
            this.k = k;
            this.v = v;
            this.normQ = normQ;
            this.normK = normK;
        }

        String q() {
            return q;
        }

        String k() {
            return k;
        }

        String v() {
            return v;
        }

        String normQ() {
            return normQ;
        }

        String normK() {
            return normK;
        }
    }

    /** [batch, length, width] to its heads. */
    <T> Heads<T> apply(Ops<T> ops, T x) {
        T q = Attention.splitHeads(ops, toQ.apply(ops, x), heads);
        T k = Attention.splitHeads(ops, toK.apply(ops, x), heads);
        T v = Attention.splitHeads(ops, toV.apply(ops, x), heads);
        return new Heads<>(normQ == null ? q : normQ.apply(ops, q), normK == null ? k : normK.apply(ops, k), v);
    }
}
