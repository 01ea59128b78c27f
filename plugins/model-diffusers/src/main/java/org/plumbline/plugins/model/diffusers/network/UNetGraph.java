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
 * A {@link UNet} as a denoiser. Whatever the network is conditioned on arrives as one condition: the tokens' vectors of a
 * prompt, with the prompt's own vector behind them if the network takes it ({@link PackedCondition}); or, for a network that
 * takes a class, one row ({@link ClassEmbedding}).
 *
 * @param name for messages
 * @param tokens number of tokens; unused if the network takes no text
 * @param pixelSize pixels of the picture per number of the latent, in both directions
 */
public record UNetGraph(String name, UNet unet, int tokens, int pixelSize) implements GraphDefinition {
    /** A network whose latents are pixels. */
    public UNetGraph(String name, UNet unet, int tokens) {
        this(name, unet, tokens, 1);
    }

    @Override
    public List<TensorSpec> inputs() {
        UNetConfig config = unet.config();
        List<TensorSpec> inputs = new ArrayList<>();
        inputs.add(sample(config));
        inputs.add(new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
        if (config.conditional()) {
            PackedCondition packed = packed();
            inputs.add(
                    new TensorSpec(DenoiserInput.CONDITION.key(), TensorSpec.BATCH, packed.length(), packed.width()));
        } else if (config.classWidth() > 0) {
            inputs.add(new TensorSpec(DenoiserInput.CONDITION.key(), TensorSpec.BATCH, 1, config.classWidth()));
        }
        return inputs;
    }

    static TensorSpec sample(UNetConfig config) {
        return new TensorSpec(
                DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, config.in(), config.height(), config.width());
    }

    /** How the parts of a prompt lie in the condition. */
    public PackedCondition packed() {
        UNetConfig config = unet.config();
        return new PackedCondition(
                tokens,
                config.conditionWidth(),
                config.textTime().map(TextTime::pooledWidth).orElse(0));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T label = Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key()));
        return unet.apply(
                ops,
                Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())),
                label,
                conditions(ops, label, inputs));
    }

    <T> UNet.Conditions<T> conditions(Ops<T> ops, T label, Map<String, T> inputs) {
        UNetConfig config = unet.config();
        T condition = inputs.get(DenoiserInput.CONDITION.key());
        if (condition == null) {
            return UNet.Conditions.none();
        }
        if (!config.conditional()) {
            return UNet.Conditions.ofClass(ops.reshape(condition, -1, config.classWidth()));
        }
        PackedCondition packed = packed();
        T text = packed.tokens(ops, condition);
        return packed.pooled() == 0
                ? UNet.Conditions.ofText(text)
                : new UNet.Conditions<>(text, null, packed.pooled(ops, condition), numbers(ops, label));
    }

    /** The picture had the size that it is to have and was not cropped; the same for every row. */
    private <T> T numbers(Ops<T> ops, T label) {
        double height = (double) unet.config().height() * pixelSize;
        double width = (double) unet.config().width() * pixelSize;
        double[] sizes = {height, width, 0, 0, height, width};
        T zeros = ops.scale(ops.reshape(label, -1, 1), 0);
        return ops.add(zeros, ops.constant(sizes, 1, TextTime.NUMBERS));
    }
}
