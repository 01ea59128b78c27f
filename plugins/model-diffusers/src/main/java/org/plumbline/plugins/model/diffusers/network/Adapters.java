package org.plumbline.plugins.model.diffusers.network;

import java.util.List;

/**
 * Low-rank adapters (Hu et al. 2021) on chosen linear layers: y = W x + b + scale * B (A x), with A [rank, in] and
 * B [out, rank]. Their weights are called as the peft library calls them, {@code <layer>.lora_A.weight} and
 * {@code <layer>.lora_B.weight}.
 *
 * @param rank the inner size
 * @param scale alpha / rank
 * @param modules ends of the names of adapted layers, in whole parts: {@code to_q} means {@code ...attn1.to_q}
 */
public record Adapters(int rank, double scale, List<String> modules) {
    public Adapters {
        modules = List.copyOf(modules);
    }

    /** True if the layer of this name is adapted. */
    public boolean select(String layer) {
        return modules.stream().anyMatch(module -> matches(layer, module));
    }

    /** True if the layer's name ends with the module's. */
    public static boolean matches(String layer, String module) {
        return layer.equals(module) || layer.endsWith("." + module);
    }
}
