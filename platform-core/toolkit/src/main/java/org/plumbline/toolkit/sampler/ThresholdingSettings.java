package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/**
 * Dynamic thresholding of the predicted sample, {@link DynamicThresholding}; to be included in a sampler's settings.
 *
 * @param thresholding whether; null: as the model says
 * @param dynamicThresholdingRatio which quantile; null: as the model says
 * @param sampleMaxValue largest threshold; null: as the model says
 */
public record ThresholdingSettings(
        @Setting(description = "threshold the predicted sample dynamically; default: the model's") @Nullable
        Boolean thresholding,

        @Setting(description = "quantile of thresholding; default: the model's", min = 0, max = 1) @Nullable
        Double dynamicThresholdingRatio,

        @Setting(description = "largest threshold; default: the model's", min = 0) @Nullable
        Double sampleMaxValue)
        implements ModelSettings.Configured {
    /** All as the model says. */
    public static ThresholdingSettings ofModel() {
        return new ThresholdingSettings(null, null, null);
    }

    @Override
    public void putInto(ModelSettings settings) {
        settings.with("thresholding", thresholding)
                .with("dynamic_thresholding_ratio", dynamicThresholdingRatio)
                .with("sample_max_value", sampleMaxValue);
    }
}
