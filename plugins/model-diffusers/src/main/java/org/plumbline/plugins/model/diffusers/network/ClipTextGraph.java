package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.Tokenizer;

/**
 * A {@link ClipTextModel} as a prompt encoder.
 *
 * @param name for messages
 * @param length number of tokens
 */
public record ClipTextGraph(String name, ClipTextModel model, int length) implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(Tokenizer.TOKENS, TensorSpec.BATCH, length));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        return model.apply(ops, Objects.requireNonNull(inputs.get(Tokenizer.TOKENS)));
    }
}
