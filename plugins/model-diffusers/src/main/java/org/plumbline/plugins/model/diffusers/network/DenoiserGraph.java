package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;

/**
 * A {@link DenoiserNetwork} as the graph of a model. Of a network that predicts its variance too, behind the mean, the graph
 * gives the mean.
 *
 * @param name for messages
 * @param tokens number of tokens of a prompt; unused if the network takes none
 */
public record DenoiserGraph(String name, DenoiserNetwork unet, int tokens) implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        DenoiserConfig config = unet.config();
        List<TensorSpec> inputs = new ArrayList<>();
        inputs.add(sample(config));
        inputs.add(new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
        Conditioning conditioning = config.conditioning();
        if (conditioning.width() > 0) {
            inputs.add(new TensorSpec(
                    DenoiserInput.CONDITION.key(),
                    TensorSpec.BATCH,
                    conditioning.length(tokens),
                    conditioning.width()));
        }
        return inputs;
    }

    static TensorSpec sample(DenoiserConfig config) {
        long[] one = config.sampleShape();
        long[] shape = new long[one.length + 1];
        shape[0] = TensorSpec.BATCH;
        System.arraycopy(one, 0, shape, 1, one.length);
        return new TensorSpec(DenoiserInput.SAMPLE.key(), shape);
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T out = unet.apply(
                ops,
                Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())),
                Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key())),
                inputs.get(DenoiserInput.CONDITION.key()));
        DenoiserConfig config = unet.config();
        return config.out() == config.in() ? out : ops.slice(out, 1, 0, config.in());
    }
}
