package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.kernel.chain.RewardTerm;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.safeguard.Anchor;
import org.plumbline.kernel.safeguard.DenoisingAnchor;
import org.plumbline.kernel.safeguard.DivergenceAnchor;
import org.plumbline.kernel.safeguard.ParameterAnchor;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.LeasedBackend;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * What a study holds of plugins: leases on the backend, the model's loader, the sampler and the rewards, and a workbench
 * made of them. Confined to one thread. It holds no state of a run: close it and open another at any step boundary.
 */
final class Assembly implements AutoCloseable {
    private final List<Lease<?>> leases = new ArrayList<>();
    private final LeasedBackend backend;
    private final Lease<ModelLoader> loader;
    private final Lease<Sampler> sampler;
    private final PluginUse samplerUse;
    private final Map<PluginUse, Lease<RewardModel>> rewards = new LinkedHashMap<>();
    private final Map<String, Lease<RewardModel>> heldOut = new LinkedHashMap<>();
    private final Path modelFolder;
    private final TrainableTarget target;
    private final DiffusionModel model;
    private final SamplerProgram program;
    private final Workbench workbench;
    private final StudySettings settings;
    private final @Nullable Lease<CaptionedDataset> images;

    /**
     * @param choice of backend
     */
    Assembly(StudyContext context, StudyFile file, BackendChoice choice) {
        settings = file.settings();
        Path base = file.base();
        LeasedBackend opened = null;
        DiffusionModel loaded = null;
        try {
            images = images(context, base);
            backend = LeasedBackend.of(context.catalog(), choice, base);
            opened = backend;
            PluginUse model = Uses.model(settings);
            loader = lease(context, ModelLoader.class, model, base);
            for (PluginUse use : Uses.rewards(settings)) {
                rewards.put(use, lease(context, RewardModel.class, use, base));
            }
            for (PluginUse use : Uses.heldOut(settings)) {
                heldOut.put(Uses.label(use), lease(context, RewardModel.class, use, base));
            }
            Places places = new Places(List.of(base, Path.of(""), context.home()));
            modelFolder = places.resolve(Uses.folder(model));
            target = settings.target().toTarget(places::resolve);
            loaded = loader.get().load(modelFolder);
            this.model = loaded;
            rewards.values().forEach(reward -> requireScores(reward, this.model));
            heldOut.values().forEach(reward -> requireScores(reward, this.model));
            samplerUse = ModelSampler.resolve(context.catalog(), Uses.sampler(settings), this.model, base);
            sampler = lease(context, Sampler.class, samplerUse, base);
            program = sampler.get().program(request(this.model, settings));
            workbench = Workbench.open(
                    backend.backend(),
                    new ChainParts(
                            this.model,
                            target,
                            settings.guided(),
                            rewards.entrySet().stream()
                                    .map(term -> new RewardTerm(term.getValue().get(), Uses.weight(term.getKey())))
                                    .toList(),
                            settings.prompts(),
                            settings.batch(),
                            settings.recording().policy(),
                            schedule(settings, program)));
        } catch (RuntimeException | Error failure) {
            if (loaded != null) {
                loaded.close();
            }
            closeLeases();
            if (opened != null) {
                opened.close();
            }
            throw failure;
        }
    }

    /** Refuses a reward that cannot score what the model makes: stills and videos are two different things. */
    private static void requireScores(Lease<RewardModel> reward, DiffusionModel model) {
        long[] shape = model.imageDecoder().imageShape();
        if (reward.get() instanceof DifferentiableRewardModel network) {
            network.graph(shape);
        } else if (reward.get() instanceof BlackBoxRewardModel blackBox && !blackBox.scores(shape)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("reward '" + reward.description().id() + "' cannot score what " + model.name() + " makes, "
                            + (shape.length == 4 ? "videos" : "images") + " of " + Arrays.toString(shape))
                    .remedy("choose another reward; plumbline plugins lists them")
                    .build();
        }
    }

    private static PromptSchedule schedule(StudySettings settings, SamplerProgram program) {
        if (settings.promptSchedule().isEmpty()) {
            return PromptSchedule.none();
        }
        if (settings.target().toTarget() instanceof TrainableTarget.Conditioning) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("a prompt-schedule in a study that trains the conditioning, one encoded prompt per sample")
                    .remedy("train weights, or leave out prompt-schedule")
                    .build();
        }
        try {
            return PromptSchedule.of(
                    settings.promptSchedule().stream()
                            .map(scale -> new PromptSchedule.Range(
                                    new PromptScale(scale.name(), scale.from(), scale.to()), scale::wording))
                            .toList(),
                    program);
        } catch (IllegalArgumentException gap) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("prompt-schedule: " + gap.getMessage())
                    .available("ranges that cover the sampler's " + program.size() + " network calls once")
                    .cause(gap)
                    .build();
        }
    }

    /** The images of a denoising anchor, or null if the study has none. */
    private @Nullable Lease<CaptionedDataset> images(StudyContext context, Path base) {
        if (settings.anchor().kind() != StudySettings.Anchoring.Distance.DENOISING) {
            return null;
        }
        PluginUse dataset = Uses.anchorDataset(settings);
        if (dataset == null) {
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked("anchor: {kind: denoising} names no images")
                    .remedy("add dataset, for example dataset: {id: digits}")
                    .build();
        }
        return lease(context, CaptionedDataset.class, dataset, base);
    }

    /** The pull towards the pre-trained model of a run with this seed, or null. */
    @Nullable
    Anchor anchor(long seed) {
        double weight = settings.anchor().weight();
        return switch (settings.anchor().kind()) {
            case NONE -> null;
            case L2 -> new ParameterAnchor(weight, workbench.initialParameters(seed));
            case KL -> new DivergenceAnchor(weight);
            case DENOISING ->
                new DenoisingAnchor(weight, Objects.requireNonNull(images).get(), seed);
        };
    }

    private <T> Lease<T> lease(StudyContext context, Class<T> role, PluginUse use, Path base) {
        Lease<T> lease = context.catalog().lease(role, use.id(), use.settings(), base);
        leases.add(lease);
        return lease;
    }

    /**
     * What the installed plugins offer instead of parts that do not fit together.
     *
     * @param estimator the one that is asked for, or null
     */
    Alternatives alternatives(StudyContext context, StudyFile file, @Nullable PluginUse estimator) {
        return new InstalledAlternatives(context, file, estimator, model);
    }

    static Sampler.Request request(DiffusionModel model, StudySettings settings) {
        return new Sampler.Request(model.schedule(), model.prediction(), settings.steps(), model.samplerSettings());
    }

    /** True once one of the plugins is being withdrawn. */
    boolean revoked() {
        return backend.revoked() || leases.stream().anyMatch(Lease::revoked);
    }

    /** The plugins that are being withdrawn, backends left aside. */
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

    TrainableTarget target() {
        return target;
    }

    LeasedBackend backend() {
        return backend;
    }

    Lease<ModelLoader> loader() {
        return loader;
    }

    Lease<Sampler> sampler() {
        return sampler;
    }

    /** Id and settings of the sampler; of the model's own one, its plugin's. */
    PluginUse samplerUse() {
        return samplerUse;
    }

    /** The rewards that are maximised together. */
    Map<PluginUse, Lease<RewardModel>> rewards() {
        return rewards;
    }

    /** By label. */
    Map<String, Lease<RewardModel>> heldOut() {
        return heldOut;
    }

    @Override
    public void close() {
        try (backend) {
            try (model) {
                backend.closePart(workbench);
            } finally {
                closeLeases();
            }
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
