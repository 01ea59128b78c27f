package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.Tokenizer;

/**
 * From the number of a class to the condition of a denoiser that has a vector per class: a 1 in its place.
 *
 * @param name for messages
 * @param classes how many there are
 */
public record ClassGraph(String name, int classes) implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(Tokenizer.TOKENS, TensorSpec.BATCH, 1));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        double[] identity = new double[classes * classes];
        for (int i = 0; i < classes; i++) {
            identity[i * (classes + 1)] = 1;
        }
        T number = Objects.requireNonNull(inputs.get(Tokenizer.TOKENS));
        return ops.embedding(ops.constant(identity, classes, classes), number);
    }
}
