package org.plumbline.kernel.plugin;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.sampler.ModelSettings;

/**
 * The model's own sampler: the plugin that reads the scheduler which the model's files name, with the settings stored there.
 * Users ask for it by the id {@code model}; settings beside the id go before the stored ones.
 */
public final class ModelSampler {
    /** Stands for the model's own sampler. */
    public static final String ID = "model";

    private ModelSampler() {}

    /** The section of a user who names no sampler. */
    public static PluginUse use() {
        return new PluginUse(ID, Map.of(), Map.of());
    }

    /** True if a section asks for the model's own sampler. */
    public static boolean asked(PluginUse use) {
        return use.id().equals(ID);
    }

    /**
     * The plugin for a section: the section itself, unless it asks for the model's own sampler.
     *
     * @param base folder beside which files in plugins' settings are looked up
     * @throws PlumblineException {@link StandardError#MISSING_KEY} if the model's files name no scheduler, {@link
     *     StandardError#UNSUPPORTED} if no installed sampler reads it
     */
    public static PluginUse resolve(PluginCatalog catalog, PluginUse asked, DiffusionModel model, Path base) {
        if (!asked(asked)) {
            return asked;
        }
        if (!(model.samplerSettings().get(ModelSettings.CLASS) instanceof String scheduler)) {
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked("the own sampler of model '" + model.name() + "', whose files name no scheduler")
                    .remedy("name one, for example sampler: {id: ddim}; 'plumbline plugins --role sampler' lists what"
                            + " there is")
                    .build();
        }
        Map<String, Set<String>> readers = readers(catalog, base);
        Optional<String> reader = readers.entrySet().stream()
                .filter(entry -> entry.getValue().contains(scheduler))
                .map(Map.Entry::getKey)
                .findFirst();
        if (reader.isEmpty()) {
            Set<String> known = new TreeSet<>();
            readers.values().forEach(known::addAll);
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("the own sampler of model '" + model.name() + "', a " + scheduler)
                    .available("installed samplers read " + String.join(", ", known))
                    .remedy("name a sampler, for example sampler: {id: dpm-solver}")
                    .build();
        }
        return new PluginUse(reader.get(), asked.settings(), asked.own());
    }

    /** The scheduler classes that each installed sampler reads, by id. */
    private static Map<String, Set<String>> readers(PluginCatalog catalog, Path base) {
        Map<String, Set<String>> readers = new TreeMap<>();
        for (PluginDescription plugin : catalog.list()) {
            if (plugin.role() == PluginRole.SAMPLER) {
                try (Lease<Sampler> lease = catalog.lease(Sampler.class, plugin.id(), Map.of(), base)) {
                    readers.put(plugin.id(), lease.get().schedulerClasses());
                } catch (PlumblineException needsSettings) {
                    // It reads none: a model's own sampler is made without settings of the user.
                    readers.put(plugin.id(), Set.of());
                }
            }
        }
        return readers;
    }
}
