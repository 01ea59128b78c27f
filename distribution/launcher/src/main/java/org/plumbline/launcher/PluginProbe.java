package org.plumbline.launcher;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.settings.Spelling;

/** Asks a plugin, created with its default settings, what it can do. */
final class PluginProbe {
    private final PluginCatalog catalog;

    PluginProbe(PluginCatalog catalog) {
        this.catalog = catalog;
    }

    /** Traits of an estimator, capabilities of a backend, kind of a reward, in kebab case; sorted. */
    List<String> traits(PluginDescription plugin) {
        try (Lease<?> lease = catalog.lease(plugin.role().type(), plugin.id(), Map.of(), Path.of(""))) {
            return traits(lease.get());
        } catch (PlumblineException failure) {
            return List.of(
                    failure.code() == StandardError.MISSING_KEY ? "(depends-on-its-settings)" : "(cannot-be-created)");
        }
    }

    private static List<String> traits(Object plugin) {
        if (plugin instanceof GradientEstimator estimator) {
            return names(estimator.traits());
        }
        if (plugin instanceof ComputeBackend backend) {
            return names(backend.capabilities());
        }
        return plugin instanceof DifferentiableRewardModel ? List.of("differentiable") : List.of();
    }

    private static List<String> names(Collection<? extends Enum<?>> traits) {
        return traits.stream()
                .map(trait -> Spelling.kebab(trait.name()))
                .sorted()
                .toList();
    }
}
