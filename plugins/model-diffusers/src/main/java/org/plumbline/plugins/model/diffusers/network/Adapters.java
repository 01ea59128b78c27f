package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which layers of a network have {@link LowRank} adapters. The adapters' weights are called as the peft library calls them,
 * {@code <layer>.lora_A.weight} and {@code <layer>.lora_B.weight}.
 */
@FunctionalInterface
public interface Adapters {
    /** The adapter of a linear layer or convolution; empty if it has none. */
    Optional<LowRank> on(String layer);

    /** No adapters. */
    static Adapters none() {
        return layer -> Optional.empty();
    }

    /**
     * The same adapter on all layers whose names end with one of these.
     *
     * @param modules ends of names, in whole parts: {@code to_q} means {@code ...attn1.to_q}
     */
    static Adapters on(LowRank adapter, List<String> modules) {
        List<String> ends = List.copyOf(modules);
        return layer ->
                ends.stream().anyMatch(module -> matches(layer, module)) ? Optional.of(adapter) : Optional.empty();
    }

    /** Each of these layers has its own. */
    static Adapters of(Map<String, LowRank> byLayer) {
        Map<String, LowRank> copy = Map.copyOf(byLayer);
        return layer -> Optional.ofNullable(copy.get(layer));
    }

    /** True if the layer's name ends with the module's. */
    static boolean matches(String layer, String module) {
        return layer.equals(module) || layer.endsWith("." + module);
    }

    /** The last part of a layer's name, and the one before it where the last is only a number: to_q, to_out.0. */
    static String end(String layer) {
        return layer.replaceFirst("^(?:.*\\.)?([^.]*[^.0-9][^.]*(?:\\.[0-9]+)?)$", "$1");
    }
}
