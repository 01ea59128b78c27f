package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * What a study holds of plugins: leases on the backend, the model's loader, the sampler and the rewards, and a workbench
 * made of them. Confined to one thread. It holds no state of a run: close it and open another at any step boundary.
 */
final class Assembly implements AutoCloseable {
    private final List<Lease<?>> leases = new ArrayList<>();
    private final Lease<ComputeBackend> backend;
    private final Lease<ModelLoader> loader;
    private final Lease<Sampler> sampler;
    private final Lease<RewardModel> reward;
    private final Map<String, Lease<RewardModel>> heldOut = new LinkedHashMap<>();
    private final Path modelFolder;
    private final DiffusionModel model;
    private final SamplerProgram program;
    private final Workbench workbench;

    Assembly(StudyContext context, StudyFile file) {
        StudySettings settings = file.settings();
        Path base = file.base();
        try {
            backend = lease(context, ComputeBackend.class, Uses.backend(settings), base);
            PluginUse model = Uses.model(settings);
            loader = lease(context, ModelLoader.class, model, base);
            sampler = lease(context, Sampler.class, Uses.sampler(settings), base);
            reward = lease(context, RewardModel.class, Uses.reward(settings), base);
            for (PluginUse use : Uses.heldOut(settings)) {
                heldOut.put(Uses.label(use), lease(context, RewardModel.class, use, base));
            }
            modelFolder = new Places(List.of(base, Path.of(""), context.home())).resolve(Uses.folder(model));
            this.model = loader.get().load(modelFolder);
            program = sampler.get()
                    .program(new Sampler.Request(
                            this.model.schedule(),
                            this.model.prediction(),
                            settings.steps(),
                            this.model.samplerSettings()));
            workbench = Workbench.open(
                    backend.get(),
                    new ChainParts(
                            this.model,
                            settings.target().toTarget(),
                            settings.guidance(),
                            reward.get(),
                            settings.prompts(),
                            settings.batch()));
        } catch (RuntimeException | Error failure) {
            closeLeases();
            throw failure;
        }
    }

    private <T> Lease<T> lease(StudyContext context, Class<T> role, PluginUse use, Path base) {
        Lease<T> lease = context.catalog().lease(role, use.id(), use.settings(), base);
        leases.add(lease);
        return lease;
    }

    /** True once one of the plugins is being withdrawn. */
    boolean revoked() {
        return leases.stream().anyMatch(Lease::revoked);
    }

    /** The plugins that are being withdrawn. */
    List<PluginDescription> withdrawn() {
        return leases.stream().filter(Lease::revoked).map(Lease::description).toList();
    }

    Workbench workbench() {
        return workbench;
    }

    SamplerProgram program() {
        return program;
    }

    DiffusionModel model() {
        return model;
    }

    Path modelFolder() {
        return modelFolder;
    }

    Lease<ComputeBackend> backend() {
        return backend;
    }

    Lease<ModelLoader> loader() {
        return loader;
    }

    Lease<Sampler> sampler() {
        return sampler;
    }

    Lease<RewardModel> reward() {
        return reward;
    }

    /** By label. */
    Map<String, Lease<RewardModel>> heldOut() {
        return heldOut;
    }

    @Override
    public void close() {
        try (workbench) {
            model.close();
        } finally {
            closeLeases();
        }
    }

    private void closeLeases() {
        RuntimeException first = null;
        for (int i = leases.size() - 1; i >= 0; i--) {
            try {
                leases.get(i).close();
            } catch (RuntimeException failure) {
                first = first == null ? failure : first;
            }
        }
        if (first != null) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a plugin failed to close: " + first.getMessage())
                    .cause(first)
                    .build();
        }
    }
}
