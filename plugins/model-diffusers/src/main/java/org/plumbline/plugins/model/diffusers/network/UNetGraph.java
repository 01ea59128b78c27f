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
 * A {@link DenoiserNetwork} as the graph of a model. A network with class labels has them as one more input, {@link #CLASSES}.
 *
 * @param name for messages
 * @param conditionLength length of the condition; unused if the network takes none
 */
public record UNetGraph(String name, DenoiserNetwork unet, int conditionLength) implements GraphDefinition {
    /** The graph input that takes class labels, [batch, 1]. */
    public static final String CLASSES = "classes";

    @Override
    public List<TensorSpec> inputs() {
        DenoiserConfig config = unet.config();
        List<TensorSpec> inputs = new ArrayList<>();
        inputs.add(sample(config));
        inputs.add(new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
        if (config.conditional()) {
            inputs.add(new TensorSpec(
                    DenoiserInput.CONDITION.key(), TensorSpec.BATCH, conditionLength, config.conditionWidth()));
        }
        if (config.classes() > 0) {
            inputs.add(new TensorSpec(CLASSES, TensorSpec.BATCH, 1));
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
        return unet.apply(
                ops,
                Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())),
                Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key())),
                inputs.get(DenoiserInput.CONDITION.key()),
                inputs.get(CLASSES));
    }
}
