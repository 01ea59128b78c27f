package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * A block in which the patches of a picture and the tokens of a text attend to one another as one sequence, each side with
 * layers of its own (Esser et al. 2024; diffusers: JointTransformerBlock).
 */
final class JointBlock {
    private static final double EPS = 1e-6;

    /** The vectors of a {@link Modulation}, in their order. */
    private static final int SHIFT = 0;

    private static final int SCALE = 1;
    private static final int GATE = 2;
    private static final int INNER_SHIFT = 3;
    private static final int INNER_SCALE = 4;
    private static final int INNER_GATE = 5;
    private static final int SECOND_SHIFT = 6;
    private static final int SECOND_SCALE = 7;
    private static final int SECOND_GATE = 8;

    private final boolean last;
    private final Modulation modulation;
    private final Modulation textModulation;
    private final NormedAttention image;
    private final NormedAttention text;
    private final Linear imageOut;
    private final @Nullable Linear textOut;
    private final @Nullable NormedAttention second;
    private final @Nullable Linear secondOut;
    private final PlainFeedForward feedForward;
    private final @Nullable PlainFeedForward textFeedForward;

    /** Patches and tokens. */
    record Both<T>(T image, T text) {}

    /**
     * Declares the layers.
     *
     * @param norms whether queries and keys are normalised
     * @param dual whether patches attend to themselves once more
     * @param last whether the block is the last, which has no use for the tokens' results
     */
    JointBlock(Scope scope, int width, int heads, boolean norms, boolean dual, boolean last) {
        this.last = last;
        this.modulation = new Modulation(scope.in("norm1"), width, dual ? 9 : 6);
        this.textModulation = new Modulation(scope.in("norm1_context"), width, last ? 2 : 6);
        Scope attention = scope.in("attn");
        this.image = new NormedAttention(attention, width, heads, norms, NormedAttention.Names.OWN);
        this.text = new NormedAttention(attention, width, heads, norms, NormedAttention.Names.ADDED);
        this.imageOut = attention.linear("to_out.0", width, width, true);
        this.textOut = last ? null : attention.linear("to_add_out", width, width, true);
        Scope again = scope.in("attn2");
        this.second = dual ? new NormedAttention(again, width, heads, norms, NormedAttention.Names.OWN) : null;
        this.secondOut = dual ? again.linear("to_out.0", width, width, true) : null;
        this.feedForward = new PlainFeedForward(scope.in("ff"), width, Activation.GELU_TANH);
        this.textFeedForward = last ? null : new PlainFeedForward(scope.in("ff_context"), width, Activation.GELU_TANH);
    }

    /**
     * [batch, patches, width] and [batch, tokens, width] to the same.
     *
     * @param condition [batch, width]
     */
    <T> Both<T> apply(Ops<T> ops, Both<T> x, T condition) {
        T vectors = modulation.apply(ops, condition);
        T textVectors = textModulation.apply(ops, condition);
        T normed = Modulation.norm(ops, x.image(), EPS);
        T textNormed = Modulation.norm(ops, x.text(), EPS);
        // In the last block, which needs no more of them, the two vectors are written in the other order.
        T textIn = last
                ? Modulation.modulate(ops, textNormed, textVectors, 1, 0)
                : Modulation.modulate(ops, textNormed, textVectors, SHIFT, SCALE);
        Both<T> attended = attend(ops, Modulation.modulate(ops, normed, vectors, SHIFT, SCALE), textIn);

        T h = Modulation.addGated(ops, x.image(), imageOut.apply(ops, attended.image()), vectors, GATE);
        if (second != null && secondOut != null) {
            NormedAttention.Heads<T> heads =
                    second.apply(ops, Modulation.modulate(ops, normed, vectors, SECOND_SHIFT, SECOND_SCALE));
            T joined = Attention.join(ops, ops.attention(heads.q(), heads.k(), heads.v(), false));
            h = Modulation.addGated(ops, h, secondOut.apply(ops, joined), vectors, SECOND_GATE);
        }
        h = inner(ops, h, vectors, feedForward);
        if (textOut == null || textFeedForward == null) {
            return new Both<>(h, x.text());
        }
        T t = Modulation.addGated(ops, x.text(), textOut.apply(ops, attended.text()), textVectors, GATE);
        return new Both<>(h, inner(ops, t, textVectors, textFeedForward));
    }

    private static <T> T inner(Ops<T> ops, T h, T vectors, PlainFeedForward layers) {
        T normed = Modulation.modulate(ops, Modulation.norm(ops, h, EPS), vectors, INNER_SHIFT, INNER_SCALE);
        return Modulation.addGated(ops, h, layers.apply(ops, normed), vectors, INNER_GATE);
    }

    private <T> Both<T> attend(Ops<T> ops, T patches, T tokens) {
        NormedAttention.Heads<T> a = image.apply(ops, patches);
        NormedAttention.Heads<T> b = text.apply(ops, tokens);
        T q = ops.concat(2, List.of(a.q(), b.q()));
        T k = ops.concat(2, List.of(a.k(), b.k()));
        T v = ops.concat(2, List.of(a.v(), b.v()));
        T joined = Attention.join(ops, ops.attention(q, k, v, false));
        long count = ops.shape(patches)[1];
        long all = ops.shape(joined)[1];
        return new Both<>(ops.slice(joined, 1, 0, count), ops.slice(joined, 1, count, all));
    }
}
