package org.plumbline.kernel.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.LeasedBackend;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.settings.Spelling;

/**
 * What a study would use for each role, and whether each of its parts can run; found without a step, and without stopping
 * at the first thing that is wrong. A study that is possible here is not refused by {@link StudyPlan}.
 *
 * @param parts the plugins, each created with the study's settings; of a backend a session was opened
 * @param questions what was asked of them together: every trial, the anchor, the measurement of gradients; empty if a part
 *     is missing
 * @param size null if a part is missing
 */
public record Examination(
        List<Part> parts,
        List<Question> questions,
        @Nullable Size size) {
    public Examination {
        parts = List.copyOf(parts);
        questions = List.copyOf(questions);
    }

    /**
     * A plugin that the study asks for.
     *
     * @param role in the study, for example {@code backend} or {@code held-out 'readable'}
     * @param plugin its id, version and bundle; the id alone if there is none
     * @param verdict why this one and what it is, or why it cannot be used
     */
    public record Part(String role, String plugin, Verdict verdict) {}

    /**
     * Something that the parts have to be able to do together.
     *
     * @param what for example {@code trial 'rlr'}
     * @param verdict whether they can
     */
    public record Question(String what, Verdict verdict) {}

    /**
     * What a study takes, without what networks need while they run, which only shows when they do.
     *
     * @param parameters trained numbers
     * @param stateBytes of one trial: the parameters, their moments and averages, in float64
     * @param weightBytes of the model's files; every worker reads them once
     * @param trajectoryBytes of the latents of one batch, in float32
     * @param workers trials at the same time
     */
    public record Size(int parameters, long stateBytes, long weightBytes, long trajectoryBytes, int workers) {
        /** The least memory that the study takes. */
        public long total() {
            return workers * (stateBytes + weightBytes + trajectoryBytes);
        }
    }

    /** True if everything was found possible. */
    public boolean possible() {
        return verdicts().allMatch(Verdict::possible);
    }

    /** What was found of parts and questions. */
    public Stream<Verdict> verdicts() {
        return Stream.concat(
                parts.stream().map(Part::verdict), questions.stream().map(Question::verdict));
    }

    /** Examines a study. Nothing is written, and nothing stays open. */
    public static Examination of(StudyContext context, StudyFile file) {
        return new Examiner(context, file).examine();
    }

    private static final class Examiner {
        private final StudyContext context;
        private final StudyFile file;
        private final StudySettings settings;
        private final List<Part> parts = new ArrayList<>();
        private final List<Question> questions = new ArrayList<>();

        Examiner(StudyContext context, StudyFile file) {
            this.context = context;
            this.file = file;
            this.settings = file.settings();
        }

        Examination examine() {
            backend();
            part("model", () -> Uses.model(settings), ModelLoader.class, loader -> "reads " + folder());
            sampler();
            parts("reward", () -> Uses.rewards(settings), RewardModel.class, Examiner::reward);
            parts("held-out", () -> Uses.heldOut(settings), RewardModel.class, Examiner::reward);
            PluginUse images = Uses.anchorDataset(settings);
            if (images != null) {
                part("anchor's images", () -> images, CaptionedDataset.class, dataset -> "captioned images");
            }
            parts("estimator", () -> Uses.estimators(settings), GradientEstimator.class, Examiner::traits);
            ask("the settings", "go together", () -> StudyPlan.requireSettings(settings));
            if (!questionsAndPartsAreFine()) {
                return new Examination(parts, questions, null);
            }
            try (Bench bench =
                    new Bench(context, file, new Switchboard(Uses.backend(settings), Set.of()), line -> {})) {
                return together(bench.assembly(), bench);
            } catch (PlumblineException refusal) {
                questions.add(new Question(
                        "the chain", new Verdict(false, String.valueOf(refusal.getMessage()), refusal.code())));
                return new Examination(parts, questions, null);
            }
        }

        private boolean questionsAndPartsAreFine() {
            return new Examination(parts, questions, null).possible();
        }

        private Examination together(Assembly assembly, Bench bench) {
            ChainProfile profile = assembly.workbench().profile(assembly.program());
            for (PluginUse use : Uses.estimators(settings)) {
                String title = "trial '" + Uses.label(use) + "'";
                try (Lease<GradientEstimator> estimator = bench.estimator(use)) {
                    questions.add(new Question(
                            title,
                            Compatibility.verdict(
                                    title, estimator.get(), profile, assembly.alternatives(context, file, use))));
                }
            }
            Alternatives alternatives = assembly.alternatives(context, file, null);
            ask(
                    "anchor",
                    settings.anchor().kind().name().toLowerCase(Locale.ROOT),
                    () -> StudyPlan.requireAnchor(settings, assembly, profile, alternatives));
            if (settings.gradients().replicas() > 0) {
                ask(
                        "gradients",
                        "can be held against exact back-propagation",
                        () -> Compatibility.checkMeasurement(profile, alternatives));
                for (String also : settings.gradients().also()) {
                    ask("gradients of " + also, "can be measured as well", () -> other(also));
                }
            }
            return new Examination(parts, questions, size(assembly, profile));
        }

        private void other(String name) {
            Path path = new Places(List.of(file.base(), Path.of(""), context.home())).resolve(name);
            StudyPlan.of(context, StudyFile.read(path), List.of());
        }

        private Size size(Assembly assembly, ChainProfile profile) {
            int copies = settings.optimiser().ema() == null ? 4 : 5; // theta, behaviour, two moments, average
            return new Size(
                    profile.parameters(),
                    (long) copies * Double.BYTES * profile.parameters(),
                    weightBytes(assembly.modelFolder()),
                    (long) Float.BYTES
                            * profile.latentSize()
                            * profile.rows()
                            * (profile.program().size() + 1),
                    settings.parallel());
        }

        private void ask(String what, String yes, Runnable check) {
            questions.add(new Question(what, Verdict.of(yes, check)));
        }

        // ---- parts

        /** The model's own sampler is known once the model is read: the chain shows it. */
        private void sampler() {
            if (settings.sampler() == null || ModelSampler.asked(Uses.sampler(settings))) {
                parts.add(new Part("sampler", "-", Verdict.yes("the model's own, " + settings.steps() + " steps")));
            } else {
                part("sampler", () -> Uses.sampler(settings), Sampler.class, sampler -> settings.steps() + " steps");
            }
        }

        /** Gives what a section of the file asks for, or throws what is wrong with the section. */
        private interface Section<U> {
            U read();
        }

        private <T> void parts(
                String role, Section<List<PluginUse>> section, Class<T> type, Function<T, String> describe) {
            List<PluginUse> uses;
            try {
                uses = section.read();
            } catch (PlumblineException refusal) {
                parts.add(new Part(role, "-", refused(refusal)));
                return;
            }
            uses.forEach(use -> part(
                    Uses.label(use).equals(use.id()) ? role : role + " '" + Uses.label(use) + "'",
                    () -> use,
                    type,
                    describe));
        }

        private <T> void part(String role, Section<PluginUse> section, Class<T> type, Function<T, String> describe) {
            String plugin = "-";
            try {
                PluginUse use = section.read();
                plugin = use.id();
                try (Lease<T> lease = context.catalog().lease(type, use.id(), use.settings(), file.base())) {
                    plugin =
                            lease.description().id() + " " + lease.description().version();
                    parts.add(new Part(role, plugin, Verdict.yes(described(use, describe.apply(lease.get())))));
                }
            } catch (PlumblineException refusal) {
                parts.add(new Part(role, plugin, refused(refusal)));
            }
        }

        private static Verdict refused(PlumblineException refusal) {
            return new Verdict(false, String.valueOf(refusal.getMessage()), refusal.code());
        }

        /** What it is, and what of the file made it so. */
        private static String described(PluginUse use, String what) {
            return what
                    + use.settings().entrySet().stream()
                            .map(setting -> setting.getKey() + ": " + setting.getValue())
                            .collect(Collectors.collectingAndThen(
                                    Collectors.joining(", "), given -> given.isEmpty() ? "" : " (" + given + ")"));
        }

        private void backend() {
            String plugin = "-";
            try {
                BackendChoice choice = Uses.backend(settings);
                plugin = choice.toString();
                try (LeasedBackend backend = LeasedBackend.of(context.catalog(), choice, file.base());
                        BackendSession session = backend.backend().open()) {
                    session.trim();
                    parts.add(new Part(
                            "backend",
                            plugin,
                            Verdict.yes(backend.backend().description() + "; "
                                    + names(backend.backend().capabilities()))));
                }
            } catch (PlumblineException refusal) {
                parts.add(new Part("backend", plugin, refused(refusal)));
            }
        }

        private static String reward(RewardModel reward) {
            return (reward instanceof DifferentiableRewardModel ? "differentiable" : "black box") + ", in "
                    + reward.unit();
        }

        private static String traits(GradientEstimator estimator) {
            return names(estimator.traits());
        }

        private static String names(java.util.Collection<? extends Enum<?>> values) {
            return values.stream()
                    .map(value -> Spelling.kebab(value.name()))
                    .sorted()
                    .collect(Collectors.joining(" "));
        }

        private Path folder() {
            return new Places(List.of(file.base(), Path.of(""), context.home()))
                    .resolve(Uses.folder(Uses.model(settings)));
        }

        private static long weightBytes(Path folder) {
            try (Stream<Path> files = Files.walk(folder)) {
                return files.filter(path -> path.toString().endsWith(".safetensors"))
                        .mapToLong(path -> path.toFile().length())
                        .sum();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
