package org.plumbline.testkit.problem;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.GaussianMixture;
import org.plumbline.toolkit.problem.LinearGaussian;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** A problem as a file; the package description explains the keys. */
public final class ProblemFile {
    private static final List<String> BUILT_IN =
            List.of("tanh-chain", "cut-toy", "linear-gaussian", "gaussian-mixture", "conditioned-mlp");
    private static final Set<String> KEYS = Set.of(
            "about",
            "network",
            "dimensions",
            "weights",
            "train",
            "prompts",
            "guidance",
            "chain",
            "sampler",
            "reward",
            "seed",
            "gradient");

    private final String name;
    private final JsonNode root;

    private ProblemFile(String name, JsonNode root) {
        this.name = name;
        this.root = root;
    }

    /** The built-in problems. */
    public static List<Problem> builtIn() {
        List<Problem> problems = new ArrayList<>();
        for (String name : BUILT_IN) {
            problems.add(builtIn(name));
        }
        return problems;
    }

    /** One of the built-in problems. */
    public static Problem builtIn(String name) {
        try (InputStream file = ProblemFile.class.getResourceAsStream(name + ".json")) {
            return new ProblemFile(name, new ObjectMapper().readTree(Objects.requireNonNull(file, name))).problem();
        } catch (IOException failure) {
            throw malformed(name, failure.getMessage(), failure);
        }
    }

    /** The built-in problems and those of the folder that the system property names. */
    public static List<Problem> all() {
        List<Problem> problems = builtIn();
        GoldenFolder.find("problems").ifPresent(folder -> problems.addAll(in(folder)));
        return problems;
    }

    /** Every {@code *.json} of a folder, by name. */
    public static List<Problem> in(Path folder) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.json")) {
            found.forEach(files::add);
        } catch (IOException failure) {
            throw malformed(folder.toString(), failure.getMessage(), failure);
        }
        Collections.sort(files);
        return files.stream().map(ProblemFile::read).toList();
    }

    /**
     * Reads a file.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE}
     */
    public static Problem read(Path file) {
        String name = file.getFileName().toString().replaceAll("[.]json$", "");
        try {
            return new ProblemFile(name, new ObjectMapper().readTree(file.toFile())).problem();
        } catch (IOException failure) {
            throw malformed(file.toString(), failure.getMessage(), failure);
        } catch (IllegalArgumentException failure) {
            throw malformed(file.toString(), failure.getMessage(), failure);
        }
    }

    private static PlumblineException malformed(String file, @Nullable String why, Exception cause) {
        return PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("the problem '" + file + "': " + why)
                .remedy("see the package org.plumbline.testkit.problem for the form of these files")
                .cause(cause)
                .build();
    }

    private Problem problem() {
        for (Iterator<String> keys = root.fieldNames(); keys.hasNext(); ) {
            String key = keys.next();
            require(KEYS.contains(key), "has an unknown key '" + key + "'; known: " + KEYS);
        }
        ClosedFormDenoiser network = network();
        JsonNode reward = node(root, "reward");
        double[] centre = numbers(node(reward, "centre"));
        require(
                centre.length == network.dimensions(),
                "centres the reward at " + centre.length + " numbers for " + network.dimensions() + " dimensions");
        double factor = reward.path("factor").asDouble(1);
        List<String> trained = new ArrayList<>();
        root.path("train").forEach(part -> trained.add(part.asText()));
        List<String> prompts = new ArrayList<>();
        root.path("prompts").fieldNames().forEachRemaining(prompts::add);
        return new Problem(
                name,
                model(network, prompts),
                new TrainableTarget.Full(trained),
                root.path("guidance").asDouble(1),
                QuadraticReward.of(reward.path("offset").asDouble(0), factor, centre),
                prompts.isEmpty() ? List.of("") : prompts,
                sampling(),
                root.path("seed").asLong(20240229),
                truth(network, trained, factor, centre));
    }

    private ClosedFormDenoiser network() {
        int dimensions = root.path("dimensions").asInt(3);
        String kind = node(root, "network").asText();
        ClosedFormDenoiser network = switch (kind) {
            case "tanh-chain" -> new TanhChain(dimensions);
            case "linear-gaussian" -> new LinearGaussian(dimensions);
            case "gaussian-mixture" -> new GaussianMixture();
            case "conditioned-mlp" -> ConditionedMlp.standard();
            default ->
                throw new IllegalArgumentException("asks for the network '" + kind
                        + "'; there are tanh-chain, linear-gaussian, gaussian-mixture and conditioned-mlp");
        };
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>(network.weights());
        root.path("weights").properties().forEach(given -> {
            WeightSource.Weight usual = weights.get(given.getKey());
            if (usual == null) {
                throw new IllegalArgumentException(
                        "gives a weight '" + given.getKey() + "'; " + kind + " has " + weights.keySet());
            }
            double[] values = numbers(given.getValue());
            require(
                    values.length == usual.values().length,
                    "gives " + values.length + " numbers for " + given.getKey() + ", which has "
                            + usual.values().length);
            weights.put(given.getKey(), new WeightSource.Weight(values, usual.shape()));
        });
        return network.withWeights(weights);
    }

    private ClosedFormModel model(ClosedFormDenoiser network, List<String> prompts) {
        NoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        boolean conditional =
                network.inputs().stream().anyMatch(input -> input.name().equals(DenoiserInput.CONDITION.key()));
        require(conditional != prompts.isEmpty(), conditional ? "needs prompts with conditions" : "takes no prompts");
        if (!conditional) {
            return ClosedFormModel.of(network, schedule);
        }
        double[][] conditions = new double[prompts.size()][];
        for (int i = 0; i < conditions.length; i++) {
            conditions[i] = numbers(node(root.path("prompts"), prompts.get(i)));
        }
        return ClosedFormModel.of(network, schedule, prompts, conditions);
    }

    private Sampling sampling() {
        JsonNode chain = root.get("chain");
        JsonNode sampler = root.get("sampler");
        require((chain == null) != (sampler == null), "needs either a chain or a sampler");
        if (chain != null) {
            return new Sampling.Steps(
                    node(chain, "calls").asInt(),
                    node(chain, "keep").asDouble(),
                    node(chain, "output").asDouble(),
                    chain.path("memory").asDouble(0),
                    chain.path("noise").asDouble(0));
        }
        return new Sampling.Levels(
                node(sampler, "calls").asInt(),
                node(sampler, "from").asDouble(),
                node(sampler, "to").asDouble(),
                sampler.path("eta").asDouble(1));
    }

    private Function<SamplerProgram, Optional<double[]>> truth(
            ClosedFormDenoiser network, List<String> trained, double factor, double[] centre) {
        SamplerProgram own = sampling().program(sampling().calls());
        double[] given = root.has("gradient") ? numbers(root.get("gradient")) : null;
        if (node(root, "network").asText().equals("linear-gaussian") && trained.isEmpty()) {
            GaussianTruth truth = new GaussianTruth(network, factor, centre);
            if (given != null) {
                double[] computed = truth.gradient(own);
                require(given.length == computed.length, "has a gradient of " + given.length + " numbers");
                for (int i = 0; i < given.length; i++) {
                    require(
                            Math.abs(given[i] - computed[i]) <= 1e-9 * Math.max(1, Math.abs(computed[i])),
                            "says component " + i + " of the gradient is " + given[i] + "; it is " + computed[i]);
                }
            }
            return program -> Optional.of(truth.gradient(program));
        }
        if (given == null) {
            return program -> Optional.empty();
        }
        // A given gradient holds for the file's own sampler only; another one has no known truth.
        String table = own.table();
        return program -> program.table().equals(table) ? Optional.of(given) : Optional.empty();
    }

    private JsonNode node(JsonNode parent, String key) {
        JsonNode found = parent.get(key);
        if (found == null) {
            throw new IllegalArgumentException("lacks the key '" + key + "'");
        }
        return found;
    }

    /** All numbers of nested arrays, row-major. */
    private static double[] numbers(JsonNode array) {
        List<Double> numbers = new ArrayList<>();
        collect(array, numbers);
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static void collect(JsonNode node, List<Double> into) {
        if (node.isArray()) {
            node.forEach(child -> collect(child, into));
        } else if (node.isNumber()) {
            into.add(node.asDouble());
        } else {
            throw new IllegalArgumentException("has " + node + " where numbers belong");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
