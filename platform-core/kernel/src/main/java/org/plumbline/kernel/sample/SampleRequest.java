package org.plumbline.kernel.sample;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.swap.BackendChoice;

/**
 * What is to be sampled: every prompt with every seed.
 *
 * @param loader reads the model
 * @param folder of the model
 * @param adapters a file of adapters that are added to the model, or its folder; null for none
 * @param backend computes
 * @param sampler makes the chain
 * @param steps of the sampler, at least 1
 * @param guidance of the network
 * @param prompts at least one
 * @param seeds at least one; the same seed gives the same noise, whatever is sampled beside it
 * @param batch images that are sampled at a time, at most; at least 1
 */
public record SampleRequest(
        PluginUse loader,
        Path folder,
        @Nullable Path adapters,
        BackendChoice backend,
        PluginUse sampler,
        int steps,
        Guidance guidance,
        List<String> prompts,
        List<Long> seeds,
        int batch) {
    public SampleRequest {
        prompts = List.copyOf(prompts);
        seeds = List.copyOf(seeds);
        if (prompts.isEmpty() || seeds.isEmpty() || batch < 1 || steps < 1) {
            throw new IllegalArgumentException(prompts.size() + " prompts, " + seeds.size() + " seeds, batches of "
                    + batch + ", " + steps + " steps");
        }
    }

    /** How many images that makes. */
    public int images() {
        return Math.multiplyExact(prompts.size(), seeds.size());
    }
}
