package org.plumbline.plugins.model.diffusers.original;

import java.util.Map;
import java.util.Optional;

/** Names of weights as layer and kind of weight. */
final class LayerNames {
    private LayerNames() {}

    /**
     * The weight of a layer under the layer's other name.
     *
     * @param weight {@code <layer>.weight} or {@code <layer>.bias}
     * @param names of layers, with the others
     * @return empty if the layer has no other name
     */
    static Optional<String> rename(String weight, Map<String, String> names) {
        int dot = weight.lastIndexOf('.');
        return Optional.ofNullable(names.get(weight.substring(0, dot))).map(layer -> layer + weight.substring(dot));
    }
}
