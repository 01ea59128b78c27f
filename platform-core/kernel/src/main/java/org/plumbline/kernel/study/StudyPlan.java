package org.plumbline.kernel.study;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.kernel.record.StudyDescription.Budget;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.provenance.Citable;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.settings.SettingsBinder;

/**
 * A study that was resolved against the available plugins and found possible: every plugin exists, every setting is
 * known and in range, every estimator can work on the chain.
 */
public final class StudyPlan {
    private final StudyFile file;
    private final List<Trial> trials;
    private final Set<Capability> needed;
    private final StudyDescription description;

    private StudyPlan(StudyFile file, List<Trial> trials, Set<Capability> needed, StudyDescription description) {
        this.file = file;
        this.trials = trials;
        this.needed = Set.copyOf(needed);
        this.description = description;
    }

    /**
     * Resolves and checks a study. Nothing is written.
     *
     * @param command the command line that repeats the run
     * @throws PlumblineException what cannot be run, and what would
     */
    public static StudyPlan of(StudyContext context, StudyFile file, List<String> command) {
        StudySettings settings = file.settings();
        requireSettings(settings);
        List<Trial> trials = Uses.estimators(settings).stream()
                .map(use -> new Trial(
                        Uses.label(use),
                        use,
                        Uses.learningRate(use, settings.optimiser().learningRate())))
                .toList();
        try (Bench bench = new Bench(context, file, new Switchboard(Uses.backend(settings), Set.of()), line -> {})) {
            Assembly assembly = bench.assembly();
            ChainProfile profile = assembly.workbench().profile(assembly.program());
            Alternatives alternatives = assembly.alternatives(context, file, null);
            requireAnchor(settings, assembly, profile, alternatives);
            if (settings.gradients().replicas() > 0) {
                Compatibility.checkMeasurement(profile, alternatives);
            }
            List<StudyDescription.Trial> described = new ArrayList<>();
            Set<Capability> needed = EnumSet.of(Capability.FORWARD);
            if (settings.gradients().replicas() > 0) {
                needed.add(Capability.VJP);
            }
            for (Trial trial : trials) {
                try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                    Compatibility.check(
                            trial.title(), estimator.get(), profile, assembly.alternatives(context, file, trial.use()));
                    described.add(describe(trial, settings, estimator, profile));
                    if (estimator.get().traits().contains(EstimatorTrait.NEEDS_VJP)) {
                        needed.add(Capability.VJP);
                    }
                }
            }
            return new StudyPlan(file, trials, needed, describe(context, file, command, assembly, profile, described));
        }
    }

    /** Refuses settings that contradict each other, whatever the plugins. */
    static void requireSettings(StudySettings settings) {
        if (settings.prompts().isEmpty()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("the study has no prompts")
                    .remedy("list at least one under 'prompts'; a model without prompts takes any")
                    .build();
        }
        if (settings.batch() % settings.samplesPerPrompt() != 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("batch: " + settings.batch() + " with samples-per-prompt: " + settings.samplesPerPrompt())
                    .remedy("make batch a multiple of samples-per-prompt")
                    .build();
        }
        Guidance guided = settings.guided();
        if (guided.weight() == 1
                && (guided.rescale() > 0 || !guided.negativePrompt().isEmpty())) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked((guided.rescale() > 0 ? "guidance-rescale" : "negative-prompt")
                            + " with guidance: 1, which is none")
                    .available("guidance-rescale and negative-prompt where guidance is another number")
                    .remedy("set guidance, for example to 7.5, or leave the other out")
                    .build();
        }
    }

    /** Refuses an anchor that the chain has no use for. */
    static void requireAnchor(
            StudySettings settings, Assembly assembly, ChainProfile profile, Alternatives alternatives) {
        boolean weights = profile.target() instanceof TrainableTarget.Weights;
        long[] latent = assembly.model().latentShape();
        String misfit = switch (settings.anchor().kind()) {
            case NONE, L2 -> "";
            case KL ->
                profile.target() instanceof TrainableTarget.InitialNoise
                        ? "the initial noise is no part of the model, which stays the pre-trained one"
                        : !assembly.program().markov()
                                ? assembly.program().name() + " remembers earlier outputs"
                                : assembly.program().calls().stream().noneMatch(SamplerCall::stochastic)
                                        ? assembly.program().name() + " has no noise"
                                        : "";
            case DENOISING ->
                !weights
                        ? "only weights can forget what they were pre-trained on"
                        : !Arrays.equals(latent, assembly.model().imageDecoder().imageShape())
                                ? "the model does not denoise pixels"
                                : "";
        };
        String kind = settings.anchor().kind().name().toLowerCase(Locale.ROOT);
        if (!misfit.isEmpty()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("anchor: {kind: " + kind + "}: " + misfit)
                    .remedy("use anchor: {kind: l2}, or none")
                    .build();
        }
        if (settings.anchor().kind().differentiates()) {
            Compatibility.checkAnchor(kind, profile, alternatives);
        }
    }

    /** The study as it was written. */
    public StudyFile file() {
        return file;
    }

    /** What will be recorded of it. */
    public StudyDescription description() {
        return description;
    }

    List<Trial> trials() {
        return trials;
    }

    /** What the study needs of every backend it runs on. */
    Set<Capability> needed() {
        return needed;
    }

    private static StudyDescription.Trial describe(
            Trial trial, StudySettings settings, Lease<GradientEstimator> estimator, ChainProfile profile) {
        PluginDescription plugin = estimator.description();
        SamplerProgram program = estimator.get().program(profile);
        Map<String, Object> different = new LinkedHashMap<>();
        if (trial.learningRate() != settings.optimiser().learningRate()) {
            different.put("learning-rate", trial.learningRate());
        }
        return new StudyDescription.Trial(
                trial.label(),
                plugin.id(),
                plugin.version(),
                plugin.bundle(),
                inUse(plugin, trial.use()),
                different,
                estimator.get().traits().stream().map(Enum::name).sorted().toList(),
                program.name(),
                estimator.get().citations());
    }

    private static StudyDescription describe(
            StudyContext context,
            StudyFile file,
            List<String> command,
            Assembly assembly,
            ChainProfile profile,
            List<StudyDescription.Trial> trials) {
        StudySettings settings = file.settings();
        Map<String, Object> backend =
                inUse(assembly.backend().description(), Uses.backend(settings).backend());
        PluginUse model = Uses.model(settings);
        PluginDescription loader = assembly.loader().description();
        PluginDescription sampler = assembly.sampler().description();
        List<StudyDescription.Reward> rewards = new ArrayList<>();
        if (assembly.rewards().size() > 1) {
            rewards.add(sum(assembly));
        }
        assembly.rewards().forEach((use, lease) -> rewards.add(describe(use, lease)));
        for (PluginUse use : Uses.heldOut(settings)) {
            Lease<RewardModel> lease = assembly.heldOut().get(Uses.label(use));
            if (lease != null) {
                rewards.add(describe(use, lease));
            }
        }
        List<String> evaluated = settings.evaluation().prompts().isEmpty()
                ? settings.prompts()
                : settings.evaluation().prompts();
        return new StudyDescription(
                StudyDescription.FORMAT,
                settings.name(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                command,
                file.text(),
                environment(context, backend),
                new StudyDescription.Backend(
                        assembly.backend().description().id(),
                        assembly.backend().description().version(),
                        assembly.backend().backend().description(),
                        backend),
                new StudyDescription.Model(
                        assembly.model().name(),
                        loader.id(),
                        loader.version(),
                        Uses.folder(model),
                        checksums(assembly),
                        Arrays.stream(assembly.model().imageDecoder().imageShape())
                                .mapToObj(Math::toIntExact)
                                .toList(),
                        settings.target().inWords(),
                        profile.parameters(),
                        inUse(loader, model),
                        assembly.loader().get().citations()),
                new StudyDescription.SamplerUse(
                        sampler.id(),
                        sampler.version(),
                        assembly.program().name(),
                        settings.steps(),
                        assembly.program().size(),
                        assembly.program().table(),
                        inUse(sampler, assembly.samplerUse()),
                        assembly.sampler().get().citations()),
                rewards,
                new StudyDescription.Training(
                        settings.prompts(),
                        settings.guidance(),
                        settings.batch(),
                        budget(settings.budget()),
                        SettingsBinder.of(StudySettings.Optimiser.class).unbind(settings.optimiser())),
                new StudyDescription.Evaluation(
                        settings.evaluation().every(),
                        evaluated,
                        settings.evaluation().imagesPerPrompt(),
                        settings.evaluation().seed(),
                        assembly.program().name()),
                trials,
                settings.seeds());
    }

    /** The weighted sum of several rewards, which is what is trained. */
    private static StudyDescription.Reward sum(Assembly assembly) {
        Map<String, Object> weights = new LinkedHashMap<>();
        StringJoiner label = new StringJoiner(" + ");
        assembly.rewards().keySet().forEach(use -> {
            weights.put(Uses.label(use), Uses.weight(use));
            label.add(Uses.weight(use) + " " + Uses.label(use));
        });
        return new StudyDescription.Reward(
                label.toString(),
                "weighted-sum",
                "",
                "",
                assembly.rewards().values().stream()
                        .allMatch(lease -> lease.get() instanceof DifferentiableRewardModel),
                weights,
                List.of());
    }

    private static StudyDescription.Reward describe(PluginUse use, Lease<RewardModel> reward) {
        PluginDescription plugin = reward.description();
        Citable citable = reward.get();
        return new StudyDescription.Reward(
                Uses.label(use),
                plugin.id(),
                plugin.version(),
                reward.get().unit(),
                reward.get() instanceof DifferentiableRewardModel,
                inUse(plugin, use),
                citable.citations());
    }

    private static Budget budget(StudySettings.Budget budget) {
        if (budget.updates() != null) {
            return new Budget(Budget.Unit.UPDATES, budget.updates());
        }
        if (budget.nfe() != null) {
            return new Budget(Budget.Unit.NFE, budget.nfe());
        }
        return new Budget(Budget.Unit.SECONDS, budget.seconds() == null ? 0 : budget.seconds());
    }

    /** All settings of a plugin, defaults included. */
    private static Map<String, Object> inUse(PluginDescription plugin, PluginUse use) {
        return inUse(plugin.configuration(), plugin, use);
    }

    private static <R extends Record> Map<String, Object> inUse(
            Class<R> configuration, PluginDescription plugin, PluginUse use) {
        SettingsBinder<R> binder = SettingsBinder.of(configuration);
        return binder.unbind(binder.bind(use.settings(), plugin.role().title() + " '" + plugin.id() + "'"));
    }

    private static StudyDescription.Environment environment(StudyContext context, Map<String, Object> backend) {
        return new StudyDescription.Environment(
                context.version(),
                System.getProperty("java.vm.vendor") + " " + System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                backend.get("threads") instanceof Number threads ? threads.intValue() : 1,
                memory());
    }

    private static long memory() {
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }

    /** Of the model's weights, and of the adapters that training starts from. */
    private static Map<String, String> checksums(Assembly assembly) {
        Map<String, String> sums = new TreeMap<>(checksums(assembly.modelFolder()));
        if (assembly.target() instanceof TrainableTarget.StoredLora stored) {
            Path start = stored.file();
            checksums(start)
                    .forEach((file, sum) -> sums.put("start: " + (file.isEmpty() ? start.getFileName() : file), sum));
        }
        return sums;
    }

    /** SHA-256 of every weight file below a model's folder. */
    private static Map<String, String> checksums(Path folder) {
        Map<String, String> sums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path weights : files.filter(path -> path.toString().endsWith(".safetensors"))
                    .toList()) {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                try (InputStream in = new DigestInputStream(Files.newInputStream(weights), digest)) {
                    in.transferTo(java.io.OutputStream.nullOutputStream());
                }
                sums.put(
                        folder.relativize(weights).toString().replace('\\', '/'),
                        HexFormat.of().formatHex(digest.digest()));
            }
            return sums;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new AssertionError(everyJavaHasIt);
        }
    }
}
