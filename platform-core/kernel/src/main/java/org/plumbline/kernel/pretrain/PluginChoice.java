package org.plumbline.kernel.pretrain;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A plugin and its settings as written in a file: {@code digits}, or {@code {id: digits, folder: data/mnist}}.
 *
 * @param id the plugin's id
 * @param settings by kebab-case key, without the id
 */
record PluginChoice(String id, Map<String, Object> settings) {
    PluginChoice {
        settings = Map.copyOf(settings);
    }

    /**
     * Reads a choice.
     *
     * @param key where it is written, for messages
     */
    static PluginChoice of(Object written, String key) {
        if (written instanceof String id) {
            return new PluginChoice(id, Map.of());
        }
        if (written instanceof Map<?, ?> section && section.get("id") instanceof String id) {
            Map<String, Object> settings = new LinkedHashMap<>();
            section.forEach((name, value) -> {
                if (!"id".equals(name) && value != null) {
                    settings.put(String.valueOf(name), value);
                }
            });
            return new PluginChoice(id, settings);
        }
        throw PlumblineException.of(StandardError.BAD_VALUE)
                .asked("'" + written + "' as '" + key + "'")
                .available("the id of a plugin, or a section with 'id' and the plugin's settings")
                .build();
    }
}
