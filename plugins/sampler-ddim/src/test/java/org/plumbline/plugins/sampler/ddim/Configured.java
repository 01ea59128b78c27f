package org.plumbline.plugins.sampler.ddim;

import java.util.Map;
import org.plumbline.toolkit.settings.SettingsBinder;

/** The sampler with what a test sets, and all else as the model says. */
final class Configured {
    private Configured() {}

    static DdimSampler ddim(Map<String, ?> settings) {
        return new DdimSampler(configuration(settings));
    }

    static DdimSampler.Configuration configuration(Map<String, ?> settings) {
        return SettingsBinder.of(DdimSampler.Configuration.class).bind(settings, "sampler 'ddim'");
    }
}
