package org.plumbline.plugins.model.diffusers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.plumbline.plugins.model.diffusers.adapter.AdapterFile;
import org.plumbline.plugins.model.diffusers.adapter.AdapterWriter;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.DenoiserGraph;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;

/**
 * Low-rank adapters as theta. At the start the matrices A are Gaussian with deviation 1 / rank and the matrices B are zero,
 * so that the network computes what it did without them; or both are those of a file.
 */
final class LoraWeights implements TrainableWeights {
    /** The denoiser's part, which names in files start with. */
    private final String part;

    private final DenoiserGraph graph;
    private final List<String> layers;
    private final Map<String, LowRank> sizes;
    private final List<WeightSpec> weights;
    private final ParameterLayout layout;
    private final AdapterForm form;
    /** The file that theta starts from. */
    private final Optional<Path> start;

    private LoraWeights(
            String part, DenoiserGraph graph, Scope scope, Adapters adapters, AdapterForm form, Optional<Path> start) {
        this.part = part;
        this.graph = graph;
        this.layers = scope.layers();
        this.weights = scope.adapterWeights();
        this.layout = VectorWeights.layout(weights);
        this.form = form;
        this.start = start;
        this.sizes = new LinkedHashMap<>();
        for (String layer : layers) {
            adapters.on(layer).ifPresent(size -> sizes.put(layer, size));
        }
    }

    static LoraWeights of(FolderModel.Denoiser denoiser, TrainableTarget.Lora target) {
        if (target.rank() < 1 || !Double.isFinite(target.alpha()) || target.alpha() == 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("adapters of rank " + target.rank() + " and alpha " + target.alpha())
                    .available("a rank of at least 1 and an alpha that is finite and not 0")
                    .build();
        }
        Adapters adapters = Adapters.on(new LowRank(target.rank(), target.alpha()), target.modules());
        Scope scope = Scope.root(adapters);
        DenoiserGraph graph = denoiser.graph(scope);
        checkModules(target.modules(), scope.layers());
        if (scope.adapterWeights().isEmpty()) {
            throw nothingSelected("no module for adapters", scope.layers());
        }
        return new LoraWeights(denoiser.part(), graph, scope, adapters, target.form(), Optional.empty());
    }

    static LoraWeights of(FolderModel.Denoiser denoiser, TrainableTarget.StoredLora target) {
        Scope plain = Scope.root();
        denoiser.graph(plain);
        checkModules(target.modules(), plain.layers());
        Map<String, LowRank> sizes;
        try (AdapterFile file = AdapterFile.open(target.file(), denoiser.part(), plain.layers())) {
            sizes = agreed(file, target, plain.layers());
        }
        Adapters adapters = Adapters.of(sizes);
        Scope scope = Scope.root(adapters);
        DenoiserGraph graph = denoiser.graph(scope);
        LoraWeights weights =
                new LoraWeights(denoiser.part(), graph, scope, adapters, target.form(), Optional.of(target.file()));
        weights.load(target.file()); // refuses wrong shapes now, not when a run starts
        return weights;
    }

    /** The adapters of the file, if they are those that are asked for. */
    private static Map<String, LowRank> agreed(
            AdapterFile file, TrainableTarget.StoredLora target, List<String> layers) {
        Map<String, LowRank> stored = file.sizes();
        List<String> problems = new ArrayList<>();
        target.rank()
                .ifPresent(rank -> differing(stored, LowRank::rank, rank)
                        .ifPresent(found -> problems.add("rank: asked for " + rank + ", the file has " + found)));
        if (file.saysAlpha()) {
            target.alpha()
                    .ifPresent(alpha -> differing(stored, LowRank::alpha, alpha)
                            .ifPresent(found -> problems.add("alpha: asked for " + alpha + ", the file has " + found)));
        }
        if (!target.modules().isEmpty()) {
            Adapters asked = Adapters.on(new LowRank(1, 1), target.modules());
            for (String layer : layers) {
                boolean wanted = asked.on(layer).isPresent();
                if (wanted != stored.containsKey(layer)) {
                    problems.add(
                            wanted
                                    ? "module: " + layer + " is asked for, the file does not adapt it"
                                    : "module: " + layer + " is not asked for, the file adapts it");
                }
            }
        }
        if (!problems.isEmpty()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("the target and the adapters in '" + file.path() + "' that it starts from disagree:\n  "
                            + WeightFiles.lines(problems))
                    .available(describe(stored))
                    .remedy("leave rank, alpha and modules out of the target: they are then those of the file")
                    .build();
        }
        Map<String, LowRank> agreed = new LinkedHashMap<>(stored);
        if (!file.saysAlpha()) {
            target.alpha().ifPresent(alpha -> agreed.replaceAll((layer, size) -> new LowRank(size.rank(), alpha)));
        }
        return agreed;
    }

    private static <V> Optional<String> differing(Map<String, LowRank> stored, Function<LowRank, V> value, V asked) {
        TreeSet<V> found = stored.values().stream().map(value).collect(Collectors.toCollection(TreeSet::new));
        return found.equals(Set.of(asked))
                ? Optional.empty()
                : Optional.of(found.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    private static String describe(Map<String, LowRank> sizes) {
        return sizes.values().stream()
                .distinct()
                .map(size -> "rank " + size.rank() + " with alpha " + size.alpha())
                .collect(Collectors.joining("; ", "", " on " + String.join(", ", ends(sizes.keySet()))));
    }

    private static void checkModules(List<String> modules, List<String> layers) {
        for (String module : modules) {
            if (layers.stream().noneMatch(layer -> Adapters.matches(layer, module))) {
                throw nothingSelected("the module '" + module + "' for adapters", layers);
            }
        }
    }

    private static PlumblineException nothingSelected(String what, List<String> layers) {
        return PlumblineException.of(StandardError.BAD_VALUE)
                .asked(what + " selects no layer of the denoiser")
                .available(String.join(", ", ends(layers)))
                .build();
    }

    private static Set<String> ends(Iterable<String> layers) {
        TreeSet<String> ends = new TreeSet<>();
        layers.forEach(layer -> ends.add(Adapters.end(layer)));
        return ends;
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public double[] initial(long seed) {
        return start.isPresent() ? load(start.get()) : VectorWeights.draw(weights, seed);
    }

    @Override
    public GraphDefinition denoiser() {
        return graph;
    }

    @Override
    public Path save(double[] theta, Path folder) {
        VectorWeights.checkSize(layout, theta);
        return new AdapterWriter(part, layers, sizes, layout).write(form, theta, folder);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Where the file's alpha is another one than the target's the second matrix is scaled, so that the network computes
     * the same.
     */
    @Override
    public double[] load(Path path) {
        try (AdapterFile file = AdapterFile.open(path, part, layers)) {
            Map<String, LowRank> stored = file.sizes();
            List<String> problems = new ArrayList<>();
            double[] theta = new double[layout.size()];
            for (Map.Entry<String, LowRank> adapter : sizes.entrySet()) {
                String layer = adapter.getKey();
                LowRank found = stored.remove(layer);
                if (found == null) {
                    problems.add("missing: the adapter of " + layer);
                    continue;
                }
                ParameterLayout.Entry a = layout.entry(layer + LowRank.A);
                ParameterLayout.Entry b = layout.entry(layer + LowRank.B);
                boolean fits = fits(problems, layer + LowRank.A, file.shapeOfA(layer), a.shape());
                fits &= fits(problems, layer + LowRank.B, file.shapeOfB(layer), b.shape());
                if (fits) {
                    System.arraycopy(file.a(layer), 0, theta, a.offset(), a.size());
                    double factor = found.scale() / adapter.getValue().scale();
                    double[] second = file.b(layer);
                    for (int i = 0; i < second.length; i++) {
                        theta[b.offset() + i] = factor * second[i];
                    }
                }
            }
            stored.keySet().forEach(layer -> problems.add("not expected: the adapter of " + layer));
            if (!problems.isEmpty()) {
                boolean onlyShapes = problems.stream().allMatch(problem -> problem.startsWith("wrong shape"));
                throw PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                        .asked("'" + file.path() + "' does not hold the adapters that were asked for:\n  "
                                + String.join("\n  ", problems))
                        .remedy("ask for the rank and the modules that the file was made with")
                        .build();
            }
            return theta;
        }
    }

    private static boolean fits(List<String> problems, String what, long[] stored, long... wanted) {
        if (Arrays.equals(stored, wanted)) {
            return true;
        }
        problems.add("wrong shape: " + what + " is " + Arrays.toString(stored) + ", not " + Arrays.toString(wanted));
        return false;
    }
}
