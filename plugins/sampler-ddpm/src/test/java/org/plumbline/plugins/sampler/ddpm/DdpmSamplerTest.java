package org.plumbline.plugins.sampler.ddpm;

class DdpmSamplerTest {
    /** Everything as the model says. */
    static final DdpmSampler.Configuration MODEL_SETTINGS =
            new DdpmSampler.Configuration(null, null, null, null, null, null, null, null);
}
