package org.plumbline.kernel.study;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.settings.Spelling;

/**
 * Looks among the installed plugins, by creating each and asking it. What was asked for with one or two choices made
 * otherwise is nearer than another plugin; another estimator is the nearer, the fewer traits tell it apart; another sampler
 * or backend goes by its name. A plugin that needs settings of its own is no proposal.
 */
final class InstalledAlternatives implements Alternatives {
    private static final int MOST = 3;

    private final StudyContext context;
    private final StudyFile file;
    private final @Nullable PluginUse estimator;
    private final DiffusionModel model;

    /**
     * @param estimator the one that was asked for; null if the question is about another part
     * @param model of the study
     */
    InstalledAlternatives(StudyContext context, StudyFile file, @Nullable PluginUse estimator, DiffusionModel model) {
        this.context = context;
        this.file = file;
        this.estimator = estimator;
        this.model = model;
    }

    @Override
    public List<String> estimators(ChainProfile profile) {
        List<String> found = new ArrayList<>();
        PluginUse asked = estimator;
        Set<EstimatorTrait> traits = new HashSet<>();
        if (asked != null) {
            ask(GradientEstimator.class, asked, original -> traits.addAll(original.traits()));
            variants(PluginRole.ESTIMATOR, asked).stream()
                    .filter(variant -> suits(variant, profile))
                    .limit(1)
                    .map(variant -> title(variant, asked))
                    .forEach(found::add);
        }
        record Candidate(String id, long distance) {}
        List<Candidate> others = new ArrayList<>();
        for (PluginUse other : others(PluginRole.ESTIMATOR, asked)) {
            ask(GradientEstimator.class, other, candidate -> {
                boolean fits =
                        Compatibility.verdict(other.id(), candidate, profile).possible();
                return fits && others.add(new Candidate(other.id(), distance(traits, candidate.traits())));
            });
        }
        others.sort(Comparator.comparingLong(Candidate::distance).thenComparing(Candidate::id));
        others.forEach(candidate -> found.add(candidate.id));
        return found.stream().limit(MOST).toList();
    }

    @Override
    public List<String> backends(Capability capability) {
        record Candidate(String id, boolean exact) {}
        List<Candidate> found = new ArrayList<>();
        for (PluginUse use : others(PluginRole.BACKEND, null)) {
            ask(
                    ComputeBackend.class,
                    use,
                    backend -> backend.capabilities().contains(capability)
                            && found.add(new Candidate(
                                    use.id(), backend.capabilities().contains(Capability.FLOAT64))));
        }
        // float64 is for checks, and slow.
        found.sort(Comparator.comparing(Candidate::exact).thenComparing(Candidate::id));
        List<String> ids = found.stream().map(Candidate::id).limit(MOST).toList();
        BackendChoice asked = Uses.backend(file.settings());
        if (ids.isEmpty() || asked.rollouts() != null) {
            return ids;
        }
        // The nearest keeps the one that was asked for: it runs the networks forward, and another differentiates.
        List<String> nearest = new ArrayList<>(List.of(
                "{id: " + ids.get(0) + ", rollouts: {id: " + asked.backend().id() + "}}"));
        nearest.addAll(ids);
        return nearest.stream().limit(MOST).toList();
    }

    @Override
    public List<String> rewards() {
        return others(PluginRole.REWARD, null).stream()
                .filter(use -> ask(RewardModel.class, use, this::differentiable))
                .map(PluginUse::id)
                .limit(MOST)
                .toList();
    }

    @Override
    public List<String> samplers(ChainProfile profile) {
        PluginUse asked = ModelSampler.resolve(context.catalog(), Uses.sampler(file.settings()), model, file.base());
        PluginUse wanted = estimator;
        if (wanted == null) {
            return List.of();
        }
        List<PluginUse> one = variants(PluginRole.SAMPLER, asked);
        List<PluginUse> two = one.stream()
                .flatMap(changed -> variants(PluginRole.SAMPLER, changed).stream())
                .toList();
        return Stream.of(one, two, others(PluginRole.SAMPLER, asked))
                .map(candidates -> candidates.stream()
                        .filter(use ->
                                ask(Sampler.class, use, sampler -> suits(wanted, profile.with(program(sampler)))))
                        .map(use -> title(use, asked))
                        .distinct()
                        .limit(MOST)
                        .toList())
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private SamplerProgram program(Sampler sampler) {
        return sampler.program(Assembly.request(model, file.settings()));
    }

    /** True if it has a gradient for images such as the model makes. */
    private boolean differentiable(RewardModel reward) {
        if (reward instanceof DifferentiableRewardModel network) {
            GraphDefinition graph = network.graph(model.imageDecoder().imageShape()); // refuses what it cannot score
            return graph.inputs().stream().anyMatch(input -> input.name().equals(DifferentiableRewardModel.IMAGE));
        }
        return false;
    }

    /** How many traits only one of two estimators has. */
    private static long distance(Set<EstimatorTrait> one, Set<EstimatorTrait> other) {
        return Arrays.stream(EstimatorTrait.values())
                .filter(trait -> one.contains(trait) != other.contains(trait))
                .count();
    }

    private boolean suits(PluginUse use, ChainProfile profile) {
        return ask(
                GradientEstimator.class,
                use,
                candidate -> Compatibility.verdict(use.id(), candidate, profile).possible());
    }

    /** The installed plugins of a role with their default settings, but for one. */
    private List<PluginUse> others(PluginRole role, @Nullable PluginUse but) {
        return context.catalog().list().stream()
                .filter(plugin ->
                        plugin.role() == role && (but == null || !plugin.id().equals(but.id())))
                .map(plugin -> new PluginUse(plugin.id(), Map.of(), Map.of()))
                .toList();
    }

    /** A plugin as it was asked for, with one of its choices made otherwise. */
    private List<PluginUse> variants(PluginRole role, PluginUse asked) {
        List<PluginUse> variants = new ArrayList<>();
        PluginDescription plugin = context.catalog().find(role, asked.id()).orElse(null);
        if (plugin == null) {
            return variants;
        }
        for (RecordComponent setting : plugin.configuration().getRecordComponents()) {
            String key = Spelling.kebab(setting.getName());
            for (Object value : choices(key, setting.getType())) {
                if (!value.equals(asked.settings().get(key))) {
                    Map<String, Object> settings = new HashMap<>(asked.settings());
                    settings.put(key, value);
                    variants.add(new PluginUse(asked.id(), settings, asked.own()));
                }
            }
        }
        return variants;
    }

    /** What a setting can be, if it is a choice; eta, the noise of a sampler, is none or as much as its paper adds. */
    private static List<Object> choices(String key, Class<?> type) {
        if (type == boolean.class || type == Boolean.class) {
            return List.of(true, false);
        }
        if (key.equals("eta")) {
            return List.of(1);
        }
        List<Object> values = new ArrayList<>();
        if (type.isEnum()) {
            for (Object value : type.getEnumConstants()) {
                values.add(Spelling.kebab(((Enum<?>) value).name()));
            }
        }
        return values;
    }

    /** A plugin with what differs from another's settings. */
    private static String title(PluginUse use, PluginUse from) {
        String changes = new TreeMap<>(use.settings())
                .entrySet().stream()
                        .filter(setting ->
                                !setting.getValue().equals(from.settings().get(setting.getKey())))
                        .map(setting -> setting.getKey() + ": " + setting.getValue())
                        .collect(Collectors.joining(" and "));
        return changes.isEmpty() ? use.id() : use.id() + " with " + changes;
    }

    /** False as well if the plugin cannot be created as it is wanted. */
    private <T> boolean ask(Class<T> role, PluginUse use, Predicate<T> question) {
        try (Lease<T> lease = context.catalog().lease(role, use.id(), use.settings(), file.base())) {
            return question.test(lease.get());
        } catch (PlumblineException notLikeThis) {
            return false;
        }
    }
}
