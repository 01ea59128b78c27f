package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.Tokenizer;

/**
 * The text network and the denoiser it conditions, one after the other: what is trained from scratch.
 *
 * @param name for messages
 * @param length number of tokens
 */
public record TextToImageGraph(String name, ClipTextModel text, DenoiserNetwork unet, int length)
        implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(Tokenizer.TOKENS, TensorSpec.BATCH, length),
                UNetGraph.sample(unet.config()),
                new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T condition = text.apply(ops, Objects.requireNonNull(inputs.get(Tokenizer.TOKENS)));
        T sample = Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key()));
        T label = Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key()));
        return unet.apply(ops, sample, label, condition);
    }
}
