package org.plumbline.launcher;

import java.util.LinkedHashMap;
import java.util.Map;

/** A plugin and its settings as options of the command line name them, in the form of a section of a study. */
final class PluginSection {
    private PluginSection() {}

    /**
     * A section, which may be added to.
     *
     * @param settings by key; the values are as they were typed
     */
    static Map<String, Object> of(String id, Map<String, String> settings) {
        Map<String, Object> section = new LinkedHashMap<>(settings);
        section.put("id", id);
        return section;
    }
}
