package org.plumbline.kernel.plugin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A section of a user's file that asks for a plugin.
 *
 * @param id the plugin
 * @param settings the keys that are the plugin's
 * @param own the keys that are the file's own, among those it allows
 */
public record PluginUse(String id, Map<String, Object> settings, Map<String, Object> own) {
    /**
     * Reads what may be short: {@code digits}, or a section such as {@code {id: digits, folder: data/mnist}}. Keys without a
     * value are as if they were absent.
     *
     * @param written as written
     * @param where key it is written under, for messages
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it is neither
     */
    public static PluginUse read(@Nullable Object written, String where) {
        if (written instanceof String id && !id.isBlank()) {
            return new PluginUse(id, Map.of(), Map.of());
        }
        if (written instanceof Map<?, ?> section && section.get("id") instanceof String) {
            Map<String, Object> settings = new LinkedHashMap<>();
            section.forEach((name, value) -> {
                if (value != null) {
                    settings.put(String.valueOf(name), value);
                }
            });
            return of(settings, where);
        }
        throw PlumblineException.of(StandardError.BAD_VALUE)
                .asked("'" + written + "' as '" + where + "'")
                .available("the id of a plugin, or a section with 'id' and the plugin's settings")
                .build();
    }

    /**
     * Divides a section.
     *
     * @param section as written
     * @param where key of the section, for messages
     * @param ownKeys keys that are not the plugin's
     * @throws PlumblineException {@link StandardError#MISSING_KEY} if it has no {@code id}
     */
    public static PluginUse of(Map<String, Object> section, String where, String... ownKeys) {
        if (!(section.get("id") instanceof String id) || id.isBlank()) {
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked("section '" + where + "' names no plugin")
                    .remedy("add 'id', for example " + where + ": {id: ...}; 'plumbline plugins' lists what there is")
                    .build();
        }
        Map<String, Object> settings = new LinkedHashMap<>(section);
        settings.remove("id");
        Map<String, Object> own = new LinkedHashMap<>();
        for (String key : ownKeys) {
            if (settings.containsKey(key)) {
                own.put(key, settings.remove(key));
            }
        }
        return new PluginUse(id, Collections.unmodifiableMap(settings), own);
    }
}
