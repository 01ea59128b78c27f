package org.plumbline.kernel.plugin;

import java.util.Arrays;
import java.util.Optional;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;

/** The roles a plugin can have. */
public enum PluginRole {
    BACKEND(ComputeBackend.class, "compute backend"),
    MODEL(ModelLoader.class, "model loader"),
    SAMPLER(Sampler.class, "sampler"),
    REWARD(RewardModel.class, "reward"),
    ESTIMATOR(GradientEstimator.class, "estimator"),
    DATASET(CaptionedDataset.class, "dataset");

    private final Class<?> type;
    private final String title;

    PluginRole(Class<?> type, String title) {
        this.type = type;
        this.title = title;
    }

    /** The SPI interface of the role. */
    public Class<?> type() {
        return type;
    }

    /** The role's name in messages. */
    public String title() {
        return title;
    }

    /** The role that a plugin class implements, if it implements exactly one. */
    public static Optional<PluginRole> of(Class<?> plugin) {
        var roles = Arrays.stream(values())
                .filter(role -> role.type.isAssignableFrom(plugin))
                .toList();
        return roles.size() == 1 ? Optional.of(roles.get(0)) : Optional.empty();
    }
}
