package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/**
 * Which training steps a sampler visits; to be included in a sampler's settings.
 *
 * @param timestepSpacing how they are spread; null: as the model says
 * @param stepsOffset shift of the leading spacing; null: as the model says
 */
public record TimestepSettings(
        @Setting(description = "which training steps are visited; default: the model's") @Nullable
        TimestepSpacing timestepSpacing,

        @Setting(description = "shift of the leading spacing; default: the model's", min = 0) @Nullable
        Integer stepsOffset)
        implements ModelSettings.Configured {
    /** All as the model says. */
    public static TimestepSettings ofModel() {
        return new TimestepSettings(null, null);
    }

    @Override
    public void putInto(ModelSettings settings) {
        settings.with("timestep_spacing", timestepSpacing).with("steps_offset", stepsOffset);
    }
}
