package org.plumbline.plugins.model.diffusers;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;
import org.plumbline.plugins.model.diffusers.network.GoldenGraph;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * A network with random weights, inputs, and what diffusers or transformers make of them: a folder with {@code config.json}
 * and weights, and beside it {@code forward.json} and {@code forward.safetensors}, or {@code forward_x} for a folder that is
 * called {@code ..._x}.
 *
 * @param weights the folder of the network
 * @param forward the numbers, without ending
 * @param facts the content of the JSON file
 */
record GoldenNetwork(Path weights, Path forward, JsonNode facts) {
    /** Names of weight files without ending. */
    private static final List<String> BASES = List.of("diffusion_pytorch_model", "model");

    /** What takes the place of an input in the unconditional half of guidance. */
    private static final Map<String, String> UNCONDITIONAL =
            Map.of("class_labels", "uncond_labels", "encoder_hidden_states", "uncond_hidden_states");

    /** All networks of all cases. */
    static List<GoldenNetwork> all() {
        try (Stream<Path> files = Files.walk(GoldenCases.root(), 4)) {
            List<GoldenNetwork> networks = new ArrayList<>();
            for (Path config :
                    files.filter(file -> file.endsWith("config.json")).sorted().toList()) {
                Path folder = config.getParent();
                if (BASES.stream().anyMatch(base -> Files.exists(folder.resolve(base + ".safetensors")))) {
                    forward(folder)
                            .ifPresent(path -> networks.add(new GoldenNetwork(
                                    folder,
                                    path,
                                    GoldenCases.json(path.resolveSibling(path.getFileName() + ".json")))));
                }
            }
            return networks;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> forward(Path folder) throws IOException {
        String name = folder.getFileName().toString();
        try (Stream<Path> files = Files.list(folder.getParent())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.startsWith("forward") && file.endsWith(".safetensors"))
                    .map(file -> file.substring(0, file.length() - ".safetensors".length()))
                    .filter(file ->
                            name.endsWith(file.substring("forward".length()).replaceFirst("^_", "")))
                    .max(Comparator.comparingInt(String::length))
                    .map(folder::resolveSibling);
        }
    }

    @Override
    public String toString() {
        return weights.getParent().getFileName() + "/" + weights.getFileName();
    }

    /** Where a chain of this network is recorded, if one is. */
    Path chain() {
        return weights.resolveSibling("ddim_loop.safetensors");
    }

    /** Inputs and expected numbers. The caller closes it. */
    SafetensorsFile numbers() {
        return SafetensorsFile.open(forward.resolveSibling(forward.getFileName() + ".safetensors"));
    }

    /** The network with its weights, and what is expected of it. The caller closes it. */
    Opened open() {
        Scope scope = Scope.root();
        ConfigFile config = ConfigFile.read(weights.resolve("config.json"));
        GoldenGraph graph = GoldenGraph.of(scope, config);
        String base = BASES.stream()
                .filter(name -> Files.exists(weights.resolve(name + ".safetensors")))
                .findFirst()
                .orElseThrow();
        StoredWeights stored = StoredWeights.open(weights, base, scope.weights());
        ParameterLayout.Builder layout = ParameterLayout.builder();
        scope.weights().stream()
                .filter(WeightSpec::trained)
                .forEach(weight -> layout.add(weight.name(), weight.shape()));
        return new Opened(graph, stored, layout.build(), numbers());
    }

    /** See {@link #open}. */
    record Opened(GoldenGraph graph, StoredWeights stored, ParameterLayout layout, SafetensorsFile numbers)
            implements AutoCloseable {
        /** The names behind a prefix, without the float64 copies. */
        Set<String> names(String prefix) {
            return numbers.names().stream()
                    .filter(name -> name.startsWith(prefix) && !name.endsWith(".f64"))
                    .map(name -> name.substring(prefix.length()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        /** True if the graph takes time labels, whose sines diffusers rounds to float32 in any case. */
        boolean timed() {
            return names("in.").stream().anyMatch(name -> name.startsWith("timestep") || name.equals("time_ids"));
        }

        /** The output that the cotangent belongs to. */
        String pulledOutput() {
            String shape = Arrays.toString(numbers.shape("in.cotangent"));
            return names("out.").stream()
                    .filter(name ->
                            Arrays.toString(numbers.shape("out." + name)).equals(shape))
                    .min(Comparator.comparing((String name) -> !GoldenGraph.MAIN.contains(name)))
                    .orElseThrow();
        }

        double[] forward(ComputeBackend backend, String output) {
            try (BackendSession session = backend.open();
                    TensorArena arena = session.arena()) {
                GraphDefinition definition = definition(output);
                Network network = session.compile(definition, stored, ParameterLayout.empty());
                Tensor result = network.forward(arena, null, inputs(arena, definition));
                return sampled(result, numbers.shape("out." + output));
            }
        }

        /** Predictions for the recorded states of a chain, one after the other, with guidance. */
        double[] guided(ComputeBackend backend, SafetensorsFile chain, String eta, double guidance) {
            long[] shape = chain.shape(eta + ".model_output");
            double[] latents = chain.doubles(eta + ".latents");
            double[] timesteps = chain.doubles("timesteps");
            double[] all = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
            int size = all.length / (int) shape[0];
            int rows = (int) shape[1];
            try (BackendSession session = backend.open();
                    TensorArena arena = session.arena()) {
                GraphDefinition definition = definition("sample");
                Network network = session.compile(definition, stored, ParameterLayout.empty());
                for (int step = 0; step < timesteps.length; step++) {
                    Map<String, Tensor> inputs = inputs(arena, definition);
                    double[] state = Arrays.copyOfRange(latents, step * size, (step + 1) * size);
                    inputs.put("sample", arena.tensor(state, Arrays.copyOfRange(shape, 1, shape.length)));
                    double[] labels = new double[rows];
                    Arrays.fill(labels, timesteps[step]);
                    inputs.put("timesteps", arena.tensor(labels, rows));
                    double[] conditional = network.forward(arena, null, inputs).toDoubles();
                    UNCONDITIONAL.forEach((name, instead) -> inputs.computeIfPresent(
                            name,
                            (key, old) ->
                                    arena.tensor(numbers.doubles("in." + instead), numbers.shape("in." + instead))));
                    double[] unconditional =
                            network.forward(arena, null, inputs).toDoubles();
                    for (int i = 0; i < size; i++) {
                        all[step * size + i] = unconditional[i] + guidance * (conditional[i] - unconditional[i]);
                    }
                }
            }
            return all;
        }

        /** Output and gradients with all weights trained, or none if nothing is expected of their gradients. */
        Pulled pull(ComputeBackend backend) {
            try (BackendSession session = backend.open();
                    TensorArena arena = session.arena()) {
                GraphDefinition definition = definition(pulledOutput());
                boolean trained = numbers.names().contains("gradnorm.all");
                ParameterLayout trainable = trained ? layout : ParameterLayout.empty();
                Network network = session.compile(definition, stored, trainable);
                Set<String> wrt = names("grad.").stream()
                        .filter(name -> !name.startsWith("param."))
                        .collect(Collectors.toSet());
                VectorJacobian pulled = network.vjp(
                        arena,
                        trained ? arena.tensor(theta(), layout.size()) : null,
                        inputs(arena, definition),
                        arena.tensor(numbers.doubles("in.cotangent"), numbers.shape("in.cotangent")),
                        wrt);
                Map<String, double[]> gradients = new LinkedHashMap<>();
                wrt.forEach(name ->
                        gradients.put(name, pulled.inputGradients().get(name).toDoubles()));
                return new Pulled(
                        pulled.output().toDoubles(),
                        gradients,
                        trained ? pulled.parameterGradient().toDoubles() : new double[0]);
            }
        }

        private double[] theta() {
            double[] theta = new double[layout.size()];
            for (ParameterLayout.Entry entry : layout.entries()) {
                System.arraycopy(stored.doubles(entry.name()), 0, theta, entry.offset(), entry.size());
            }
            return theta;
        }

        private Map<String, Tensor> inputs(TensorArena arena, GraphDefinition definition) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (TensorSpec input : definition.inputs()) {
                String name = "in." + input.name();
                inputs.put(input.name(), arena.tensor(numbers.doubles(name), numbers.shape(name)));
            }
            return inputs;
        }

        /** The graph of one output, which takes those inputs of the file that it knows. */
        private GraphDefinition definition(String output) {
            List<TensorSpec> specs = new ArrayList<>();
            for (String name : names("in.")) {
                if (graph.takes(GoldenGraph.plain(name), output)) {
                    long[] shape = numbers.shape("in." + name);
                    shape[0] = TensorSpec.BATCH;
                    specs.add(new TensorSpec(name, shape));
                }
            }
            return new GraphDefinition() {
                @Override
                public String name() {
                    return output;
                }

                @Override
                public List<TensorSpec> inputs() {
                    return specs;
                }

                @Override
                public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                    Map<String, T> named = new LinkedHashMap<>();
                    inputs.forEach((name, value) -> named.put(GoldenGraph.plain(name), value));
                    return graph.build(ops, named, new GoldenGraph.Wanted(output, numbers, names("out.")));
                }
            };
        }

        @Override
        public void close() {
            numbers.close();
            stored.close();
        }
    }

    /** Of long sequences some files hold every n-th position only. */
    private static double[] sampled(Tensor result, long[] wanted) {
        long[] shape = result.shape();
        double[] values = result.toDoubles();
        if (shape.length != 3 || wanted.length != 3 || shape[1] == wanted[1]) {
            return values;
        }
        int step = (int) ((shape[1] + wanted[1] - 1) / wanted[1]);
        int width = (int) shape[2];
        double[] kept = new double[(int) (wanted[0] * wanted[1] * width)];
        for (int row = 0; row < wanted[0]; row++) {
            for (int i = 0; i < wanted[1]; i++) {
                int from = (int) (row * shape[1] + (long) i * step) * width;
                System.arraycopy(values, from, kept, (int) (row * wanted[1] + i) * width, width);
            }
        }
        return kept;
    }

    /**
     * Results in float64 arrays.
     *
     * @param gradients of the inputs
     * @param theta gradient of all weights; empty if they were not trained
     */
    record Pulled(double[] output, Map<String, double[]> gradients, double[] theta) {}
}
