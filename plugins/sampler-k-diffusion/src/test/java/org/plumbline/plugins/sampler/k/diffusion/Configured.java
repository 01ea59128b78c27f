package org.plumbline.plugins.sampler.k.diffusion;

import java.util.Map;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.settings.SettingsBinder;

/** The samplers with what a test sets, and all else as the model says. */
final class Configured {
    private Configured() {}

    static Sampler euler(Map<String, ?> settings) {
        return new EulerSampler(bind(EulerSampler.Configuration.class, settings));
    }

    static Sampler eulerAncestral() {
        return new EulerAncestralSampler(bind(EulerAncestralSampler.Configuration.class, Map.of()));
    }

    static Sampler heun() {
        return new HeunSampler(bind(HeunSampler.Configuration.class, Map.of()));
    }

    static Sampler dpm2(Map<String, ?> settings) {
        return new Dpm2Sampler(bind(Dpm2Sampler.Configuration.class, settings));
    }

    static Sampler lms(int order) {
        return new LmsSampler(bind(LmsSampler.Configuration.class, Map.of("order", order)));
    }

    private static <R extends Record> R bind(Class<R> configuration, Map<String, ?> settings) {
        return SettingsBinder.of(configuration).bind(settings, "sampler");
    }
}
