package org.plumbline.kernel.sample;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.swap.LeasedBackend;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.noise.NoiseStream;

/** Samples what a request asks for. Confined to one thread. */
public final class SampleJob {
    private final PluginCatalog catalog;
    private final Path base;
    private final Progress progress;
    private final Interruption interruption;

    /**
     * @param base folder beside which files in plugins' settings are looked up
     * @param progress hears how far the work is
     * @param interruption asked before every network call
     */
    public SampleJob(PluginCatalog catalog, Path base, Progress progress, Interruption interruption) {
        this.catalog = catalog;
        this.base = base;
        this.progress = progress;
        this.interruption = interruption;
    }

    /**
     * Samples.
     *
     * @throws org.plumbline.spi.error.PlumblineException if a plugin is missing, if parts do not fit, or {@link
     *     org.plumbline.spi.error.StandardError#INTERRUPTED}
     */
    public Sampled run(SampleRequest request) {
        try (LeasedBackend backend = LeasedBackend.of(catalog, request.backend(), base);
                Lease<ModelLoader> loader = lease(ModelLoader.class, request.loader());
                DiffusionModel model = loader.get().load(request.folder());
                Lease<Sampler> sampler =
                        lease(Sampler.class, ModelSampler.resolve(catalog, request.sampler(), model, base));
                Generator generator = new Generator(
                        backend.backend(),
                        sampler.get(),
                        model,
                        request.adapters(),
                        request.steps(),
                        request.guidance(),
                        Math.min(request.batch(), request.images()),
                        request.prompts())) {
            return sample(request, generator, model.name(), backend.backend().description());
        }
    }

    private Sampled sample(SampleRequest request, Generator generator, String model, String backend) {
        List<String> prompts = new ArrayList<>();
        List<Long> seeds = new ArrayList<>();
        for (String prompt : request.prompts()) {
            for (long seed : request.seeds()) {
                prompts.add(prompt);
                seeds.add(seed);
            }
        }
        int calls = generator.program().size();
        int blocks = (prompts.size() + request.batch() - 1) / request.batch();
        List<ImageBatch> done = new ArrayList<>();
        try (Progress.Task task = progress.begin("sampling", (long) blocks * calls, "network calls")) {
            for (int from = 0; from < prompts.size(); from += request.batch()) {
                int to = Math.min(prompts.size(), from + request.batch());
                long before = (long) done.size() * calls;
                done.add(generator.images(prompts.subList(from, to), noise(seeds.subList(from, to)), k -> {
                    interruption.check();
                    task.advance(before + k);
                }));
            }
            task.advance((long) blocks * calls);
        }
        return new Sampled(
                ImageBatch.concat(done),
                prompts,
                seeds,
                model,
                generator.program().name(),
                backend);
    }

    /** Every row's noise from its own seed. */
    private static NoiseSource noise(List<Long> seeds) {
        return new NoiseSource() {
            @Override
            public double[] initial(int row, int size) {
                return NoiseStream.of(seeds.get(row), "sample.initial", 0, 0, 0).gaussians(size);
            }

            @Override
            public double[] step(int row, int call, int size) {
                return NoiseStream.of(seeds.get(row), "sample.step", 0, 0, call).gaussians(size);
            }
        };
    }

    private <T> Lease<T> lease(Class<T> role, PluginUse use) {
        return catalog.lease(role, use.id(), use.settings(), base);
    }
}
