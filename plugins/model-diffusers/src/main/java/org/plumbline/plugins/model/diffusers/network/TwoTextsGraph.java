package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.Tokenizer;

/**
 * Two text networks as a prompt encoder: of every token the vectors of their last layers but one, side by side and filled up
 * with zeros, and for the whole text the vector of the second or those of both.
 *
 * @param name for messages
 * @param first reads the first half of the token ids
 * @param second reads the second half
 * @param length number of tokens of each
 * @param packed what the denoiser takes; rows beyond {@code length} are zero
 * @param bothPooled whether the whole text has a vector from each network; otherwise from the second
 * @param emptyEnd id of the end token if an empty prompt is to give nothing but zeros
 */
public record TwoTextsGraph(
        String name,
        ClipTextModel first,
        ClipTextModel second,
        int length,
        PackedCondition packed,
        boolean bothPooled,
        OptionalLong emptyEnd)
        implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(Tokenizer.TOKENS, TensorSpec.BATCH, 2L * length));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T tokens = Objects.requireNonNull(inputs.get(Tokenizer.TOKENS));
        ClipTextModel.Both<T> one = first.both(ops, ops.slice(tokens, 1, 0, length));
        ClipTextModel.Both<T> two = second.both(ops, ops.slice(tokens, 1, length, 2L * length));
        T rows = ops.concat(2, List.of(one.penultimate(), two.penultimate()));
        int width = Math.toIntExact(ops.shape(rows)[2]);
        T image = ops.reshape(rows, -1, 1, length, width);
        T filled = ops.pad2d(image, 0, packed.width() - width, 0, packed.rows() - length);
        T pooled = bothPooled ? ops.concat(1, List.of(one.projected(), two.projected())) : two.projected();
        T condition = packed.pack(ops, ops.reshape(filled, -1, packed.rows(), packed.width()), pooled);
        return emptyEnd.isPresent() ? ops.mul(condition, isThere(ops, tokens)) : condition;
    }

    /** 0 for a text whose end token follows its start token at once, 1 for any other, [batch, 1, 1]. */
    private <T> T isThere(Ops<T> ops, T tokens) {
        T second = ops.slice(tokens, 1, 1, 2);
        T difference = ops.shift(second, -(double) emptyEnd.getAsLong());
        T distance = ops.add(ops.relu(difference), ops.relu(ops.scale(difference, -1)));
        return ops.reshape(ops.clamp(distance, 0, 1), -1, 1, 1);
    }
}
