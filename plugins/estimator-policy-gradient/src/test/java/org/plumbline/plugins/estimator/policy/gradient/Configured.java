package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Map;
import org.plumbline.toolkit.settings.SettingsBinder;

/** Estimators by what a study file says. */
final class Configured {
    private Configured() {}

    static Configuration settings(Map<String, Object> settings) {
        return SettingsBinder.of(Configuration.class).bind(settings, "estimator 'policy-gradient'");
    }

    static PolicyGradient by(Map<String, Object> settings) {
        return new PolicyGradient(settings(settings));
    }
}
