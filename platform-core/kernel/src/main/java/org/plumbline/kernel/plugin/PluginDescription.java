package org.plumbline.kernel.plugin;

/**
 * What is known of a plugin without creating it.
 *
 * @param id the id by which users ask for it
 * @param role what it does
 * @param version version of its bundle
 * @param bundle symbolic name of its bundle
 * @param description one line
 * @param configuration the record that holds its settings
 */
public record PluginDescription(
        String id,
        PluginRole role,
        String version,
        String bundle,
        String description,
        Class<? extends Record> configuration) {
    @Override
    public String toString() {
        return role.title() + " '" + id + "' (" + bundle + " " + version + ")";
    }
}
