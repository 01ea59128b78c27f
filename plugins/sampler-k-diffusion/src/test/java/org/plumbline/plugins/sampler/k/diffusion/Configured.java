package org.plumbline.plugins.sampler.k.diffusion;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.sampler.Sampler;

/** The samplers with everything as the model says. */
final class Configured {
    private Configured() {}

    static Sampler euler() {
        return euler(0);
    }

    static Sampler euler(double churn) {
        return new EulerSampler(new EulerSampler.Configuration(churn, 0, null, 1, null, null, null, null, null, null));
    }

    static Sampler eulerAncestral() {
        return new EulerAncestralSampler(new EulerAncestralSampler.Configuration(null, null));
    }

    static Sampler heun() {
        return new HeunSampler(new HeunSampler.Configuration(null, null, null, null, null));
    }

    static Sampler dpm2(@Nullable Boolean ancestral) {
        return new Dpm2Sampler(new Dpm2Sampler.Configuration(ancestral, null, null, null));
    }

    static Sampler lms(int order) {
        return new LmsSampler(new LmsSampler.Configuration(order, null, null, null));
    }
}
