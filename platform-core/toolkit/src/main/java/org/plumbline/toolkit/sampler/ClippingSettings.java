package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/**
 * Clipping of the predicted sample, {@link Clipping}; to be included in a sampler's settings.
 *
 * @param clipSample whether; null: as the model says
 * @param clipSampleRange the bound; null: as the model says
 */
public record ClippingSettings(
        @Setting(description = "clip the predicted sample; default: the model's") @Nullable
        Boolean clipSample,

        @Setting(description = "bound of clipping; default: the model's", min = 0) @Nullable
        Double clipSampleRange)
        implements ModelSettings.Configured {
    /** All as the model says. */
    public static ClippingSettings ofModel() {
        return new ClippingSettings(null, null);
    }

    @Override
    public void putInto(ModelSettings settings) {
        settings.with("clip_sample", clipSample).with("clip_sample_range", clipSampleRange);
    }
}
