package org.plumbline.plugins.reward.digits;

import java.util.Map;

/** Reads graph inputs that the caller of a graph must provide. */
final class Inputs {
    private Inputs() {}

    static <T> T get(Map<String, T> inputs, String name) {
        T value = inputs.get(name);
        if (value == null) {
            throw new IllegalArgumentException("graph input '" + name + "' is missing among " + inputs.keySet());
        }
        return value;
    }
}
