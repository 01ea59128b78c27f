package org.plumbline.toolkit.sampler;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Setting;

/**
 * Which noise levels a sampler visits that can choose levels and not only training steps; to be included in a sampler's
 * settings.
 *
 * @param sigmas how they are spread; null: as the model says
 * @param timesteps the training steps, where the levels are theirs
 */
public record LevelSettings(
        @Setting(description = "levels of noise: timesteps, karras, exponential or beta; default: the model's")
        @Nullable
        SigmaSpacing sigmas,

        @Included TimestepSettings timesteps)
        implements ModelSettings.Configured {
    /** All as the model says. */
    public static LevelSettings ofModel() {
        return new LevelSettings(null, TimestepSettings.ofModel());
    }

    @Override
    public void putInto(ModelSettings settings) {
        settings.with(sigmas).with(timesteps);
    }
}
