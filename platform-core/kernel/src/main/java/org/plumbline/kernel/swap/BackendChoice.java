package org.plumbline.kernel.swap;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Which backend a run computes on: one for everything, or a second one for the forward passes of its networks.
 *
 * @param backend the plugin and its settings
 * @param rollouts the plugin that runs networks forward, or null if the first does that too
 */
public record BackendChoice(PluginUse backend, @Nullable PluginUse rollouts) {
    private static final String ROLLOUTS = "rollouts";

    /**
     * Reads a section such as {@code {id: djl-pytorch, threads: 1, rollouts: {id: onnxruntime}}}.
     *
     * @throws PlumblineException {@link StandardError#MISSING_KEY} or {@link StandardError#BAD_VALUE}
     */
    public static BackendChoice of(Map<String, Object> section) {
        PluginUse backend = PluginUse.of(section, "backend", ROLLOUTS);
        Object rollouts = backend.own().get(ROLLOUTS);
        if (rollouts == null) {
            return new BackendChoice(backend, null);
        }
        if (!(rollouts instanceof Map<?, ?> inner)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("backend.rollouts: " + rollouts)
                    .available("a section with an id, for example rollouts: {id: onnxruntime}")
                    .build();
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        inner.forEach((key, value) -> settings.put(String.valueOf(key), value));
        return new BackendChoice(backend, PluginUse.of(settings, "backend.rollouts"));
    }

    /** A backend with its default settings. */
    public static BackendChoice of(String id) {
        return of(Map.of("id", id));
    }

    /** As it is written in a study. */
    public Map<String, Object> section() {
        Map<String, Object> section = new LinkedHashMap<>();
        section.put("id", backend.id());
        section.putAll(backend.settings());
        if (rollouts != null) {
            Map<String, Object> inner = new LinkedHashMap<>();
            inner.put("id", rollouts.id());
            inner.putAll(rollouts.settings());
            section.put(ROLLOUTS, inner);
        }
        return section;
    }

    /** The first backend for everything. */
    public BackendChoice withoutRollouts() {
        return new BackendChoice(new PluginUse(backend.id(), backend.settings(), Map.of()), null);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BackendChoice choice && choice.section().equals(section());
    }

    @Override
    public int hashCode() {
        return section().hashCode();
    }

    @Override
    public String toString() {
        String first = backend.id() + (backend.settings().isEmpty() ? "" : " " + backend.settings());
        return rollouts == null
                ? first
                : first + ", rollouts on " + rollouts.id()
                        + (rollouts.settings().isEmpty() ? "" : " " + rollouts.settings());
    }
}
