package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;

/**
 * What makes conditions of prompts and the denoiser that takes them, one after the other: what is trained from scratch.
 *
 * @param name for messages
 * @param prompts from token ids to conditions
 * @param unet the denoiser
 * @param tokens number of tokens of a condition
 */
public record TextToImageGraph(String name, GraphDefinition prompts, DenoiserNetwork unet, int tokens)
        implements GraphDefinition {
    @Override
    public List<TensorSpec> inputs() {
        List<TensorSpec> inputs = new ArrayList<>(prompts.inputs());
        inputs.add(DenoiserGraph.sample(unet.config()));
        inputs.add(new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
        return inputs;
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        Map<String, T> all = new HashMap<>(inputs);
        all.put(DenoiserInput.CONDITION.key(), prompts.build(ops, inputs));
        return new DenoiserGraph(name, unet, tokens).build(ops, all);
    }
}
