package org.plumbline.it.conformance;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.toolkit.settings.Spelling;

/**
 * An estimator with at most one of its choices made otherwise than by default.
 *
 * @param id of the plugin
 * @param settings the choice; empty for the default form
 */
record EstimatorForm(String id, Map<String, Object> settings) {
    /** The default form, and every value of every choice and switch, the rest being the default. */
    static List<EstimatorForm> of(PluginDescription plugin) {
        List<EstimatorForm> forms = new ArrayList<>(List.of(new EstimatorForm(plugin.id(), Map.of())));
        for (RecordComponent setting : plugin.configuration().getRecordComponents()) {
            List<Object> values = new ArrayList<>();
            if (setting.getType().isEnum()) {
                for (Object value : setting.getType().getEnumConstants()) {
                    values.add(Spelling.kebab(((Enum<?>) value).name()));
                }
            } else if (setting.getType() == boolean.class || setting.getType() == Boolean.class) {
                values.addAll(List.of(true, false));
            }
            String key = Spelling.kebab(setting.getName());
            values.forEach(value -> forms.add(new EstimatorForm(plugin.id(), Map.of(key, value))));
        }
        return forms;
    }

    @Override
    public String toString() {
        return id + (settings.isEmpty() ? "" : " " + settings);
    }
}
