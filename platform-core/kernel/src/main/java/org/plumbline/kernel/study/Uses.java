package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** The plugins a study file asks for. */
final class Uses {
    private static final String LABEL = "label";
    private static final String LEARNING_RATE = "learning-rate";
    private static final String FOLDER = "folder";
    private static final String WEIGHT = "weight";

    private Uses() {}

    static BackendChoice backend(StudySettings settings) {
        return BackendChoice.of(settings.backend());
    }

    static PluginUse model(StudySettings settings) {
        return PluginUse.of(settings.model(), "model", FOLDER);
    }

    static String folder(PluginUse model) {
        if (model.own().get(FOLDER) instanceof String folder && !folder.isBlank()) {
            return folder;
        }
        throw PlumblineException.of(StandardError.MISSING_KEY)
                .asked("section 'model' names no folder")
                .remedy("add 'folder', for example model: {id: diffusers, folder: models/digits}")
                .build();
    }

    /** The sampler as it is asked for, which may be the model's own. */
    static PluginUse sampler(StudySettings settings) {
        Map<String, Object> section = settings.sampler();
        return section == null ? ModelSampler.use() : PluginUse.of(section, "sampler");
    }

    static List<PluginUse> rewards(StudySettings settings) {
        List<PluginUse> uses = new ArrayList<>();
        for (Map<String, Object> section : settings.reward()) {
            String where = settings.reward().size() == 1 ? "reward" : "reward[" + uses.size() + "]";
            uses.add(PluginUse.of(section, where, LABEL, WEIGHT));
        }
        if (uses.isEmpty()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("the study has no reward")
                    .remedy("name at least one under 'reward', for example reward: {id: stroke-weight}")
                    .build();
        }
        List<PluginUse> all = new ArrayList<>(uses);
        all.addAll(heldOut(settings));
        requireDistinct(all, "reward and held-out");
        return uses;
    }

    /** What a reward is multiplied with. */
    static double weight(PluginUse reward) {
        Object own = reward.own().getOrDefault(WEIGHT, 1);
        if (own instanceof Number weight && Double.isFinite(weight.doubleValue())) {
            return weight.doubleValue();
        }
        throw PlumblineException.of(StandardError.BAD_VALUE)
                .asked("reward '" + label(reward) + "' with weight: " + own)
                .available("a number; a negative one is minimised")
                .build();
    }

    /** The images of a denoising anchor, or null. */
    static @Nullable PluginUse anchorDataset(StudySettings settings) {
        Map<String, Object> section = settings.anchor().dataset();
        return section == null ? null : PluginUse.of(section, "anchor.dataset");
    }

    static List<PluginUse> heldOut(StudySettings settings) {
        List<PluginUse> uses = new ArrayList<>();
        for (Map<String, Object> section : settings.heldOut()) {
            uses.add(PluginUse.of(section, "held-out[" + uses.size() + "]", LABEL));
        }
        requireDistinct(uses, "held-out");
        return uses;
    }

    static List<PluginUse> estimators(StudySettings settings) {
        List<PluginUse> uses = new ArrayList<>();
        for (Map<String, Object> section : settings.estimators()) {
            uses.add(PluginUse.of(section, "estimators[" + uses.size() + "]", LABEL, LEARNING_RATE));
        }
        if (uses.isEmpty()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("the study has no estimators")
                    .remedy("list at least one under 'estimators', for example - {id: rlr}")
                    .build();
        }
        requireDistinct(uses, "estimators");
        return uses;
    }

    /** What a plugin is called in this study. */
    static String label(PluginUse use) {
        return use.own().get(LABEL) instanceof String label ? label : use.id();
    }

    /** The trial's own learning rate, or the study's. */
    static double learningRate(PluginUse use, double otherwise) {
        Object own = use.own().get(LEARNING_RATE);
        if (own == null) {
            return otherwise;
        }
        if (own instanceof Number rate && rate.doubleValue() >= 0) {
            return rate.doubleValue();
        }
        throw PlumblineException.of(StandardError.BAD_VALUE)
                .asked("trial '" + label(use) + "' with learning-rate: " + own)
                .available("a number of at least 0")
                .build();
    }

    private static void requireDistinct(List<PluginUse> uses, String where) {
        Set<String> labels = new HashSet<>();
        for (PluginUse use : uses) {
            if (!labels.add(label(use))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("two entries of '" + where + "' are called '" + label(use) + "'")
                        .remedy("give each a 'label' of its own")
                        .build();
            }
        }
    }
}
