package org.plumbline.plugins.estimator.rlr;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.toolkit.settings.SettingsBinder;

/** RLR with settings as a study has them. */
final class Rlr {
    private Rlr() {}

    /**
     * @param settings a key, its value, the next key and so on
     */
    static RecursiveLikelihoodRatio of(Object... settings) {
        return new RecursiveLikelihoodRatio(configuration(settings));
    }

    static Configuration configuration(Object... settings) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put((String) settings[i], settings[i + 1]);
        }
        return SettingsBinder.of(Configuration.class).bind(map, "estimator 'rlr'");
    }
}
