package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The estimators of the distribution, on its backends, through a UNet of diffusers, against gradients by PyTorch's
 * automatic differentiation in float64: every parameter's norm and the tensors that the file keeps.
 *
 * <p>Which cases there are follows from the names in the files ({@link EstimatorCase}), so that other files of the same form
 * run by {@code -Dplumbline.golden=<folder>}. The reference backend is held to the noise of float32 too, since diffusers
 * computes the sines of the time embedding in float32 whatever the network is.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AutogradConformanceTest {
    private static final String FLOAT32 = "djl-pytorch";
    private static final String FLOAT64 = "reference";
    private static final TrainableTarget ALL_WEIGHTS = new TrainableTarget.Full(List.of());
    private static final String FILE = "estimators.safetensors";

    @TempDir
    static Path scratch;

    private Leases leases;

    @BeforeAll
    void start() {
        leases = new Leases(scratch);
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    /** A golden file with the model it is about. */
    private final class Golden {
        final JsonNode facts;
        final SafetensorsFile numbers;
        final DiffusionModel model;

        Golden(Path folder) {
            this.facts = EstimatorCases.json(folder.resolve("estimators.json"));
            this.numbers = SafetensorsFile.open(folder.resolve(FILE));
            leases.keep(numbers);
            Path network = EstimatorCases.root().resolve(facts.path("model").asText("unet2d_ddpm"));
            this.model =
                    leases.lease(ModelLoader.class, "diffusers", Map.of()).load(GoldenModel.folder(network, scratch));
            leases.keep(model);
        }

        int steps() {
            return Math.toIntExact(numbers.shape("timesteps")[0]);
        }

        int nodes() {
            return numbers.contains("adjoint.timesteps") ? (int) numbers.shape("adjoint.timesteps")[0] : steps();
        }

        /** What comes before ".gradnorm". */
        Set<String> cases() {
            Set<String> cases = new TreeSet<>();
            for (String name : numbers.names()) {
                if (name.endsWith(".gradnorm")) {
                    cases.add(name.substring(0, name.length() - ".gradnorm".length()));
                }
            }
            return cases;
        }

        /** Ratios other than 1 without the parameters that made them. */
        boolean movedByNobodyKnowsHow(String name) {
            boolean moved = numbers.contains(name + ".ratio")
                    && Arrays.stream(numbers.doubles(name + ".ratio")).anyMatch(ratio -> Math.abs(ratio - 1) > 1e-9);
            return moved
                    && numbers.names().stream()
                            .noneMatch(tensor ->
                                    tensor.startsWith(name + ".parameters.") || tensor.startsWith(name + ".delta."));
        }

        SamplerProgram program(double eta) {
            Map<String, Object> settings = Map.of(
                    "eta",
                    eta,
                    "timestep-spacing",
                    "leading",
                    "steps-offset",
                    1,
                    "set-alpha-to-one",
                    false,
                    "clip-sample",
                    false);
            return leases.lease(Sampler.class, "ddim", settings)
                    .program(new Sampler.Request(
                            model.schedule(), model.prediction(), steps(), model.samplerSettings()));
        }

        GoldenChain chain(String backend, TrainableTarget target) {
            return new GoldenChain(leases.lease(ComputeBackend.class, backend, Map.of()), model, target, numbers);
        }
    }

    @TestFactory
    Collection<DynamicNode> gradientsAreThoseOfAutomaticDifferentiation() {
        List<DynamicNode> folders = new ArrayList<>();
        for (Path folder : EstimatorCases.with(FILE)) {
            Golden golden = new Golden(folder);
            List<DynamicNode> tests = new ArrayList<>();
            for (String name : golden.cases()) {
                tests.add(dynamicTest(name, () -> check(golden, name)));
            }
            folders.add(dynamicContainer(folder.getFileName().toString(), tests));
        }
        if (folders.isEmpty()) {
            folders.add(
                    dynamicTest("no case", () -> abort("no folder in " + EstimatorCases.root() + " has a " + FILE)));
        }
        return folders;
    }

    private void check(Golden golden, String name) {
        EstimatorCase tested = EstimatorCase.of(name, golden.facts, golden.steps(), golden.nodes())
                .orElseGet(() -> abort("'" + name + "' is none of " + EstimatorCase.known()));
        if (golden.movedByNobodyKnowsHow(name)) {
            abort("the parameters of '" + name + "' have moved, and the file has no '" + name + ".parameters.*' or '"
                    + name + ".delta.*'");
        }
        // A new one for every run: what an estimator remembers of one must not show in the next.
        Supplier<GradientEstimator> estimator =
                () -> leases.lease(GradientEstimator.class, tested.estimator(), tested.settings());
        SamplerProgram program = golden.program(tested.eta());
        double factor = tested.lossPerGradient();
        try (GoldenChain float32 = golden.chain(FLOAT32, ALL_WEIGHTS);
                GoldenChain float64 = golden.chain(FLOAT64, ALL_WEIGHTS)) {
            NoiseFloor floor =
                    new NoiseFloor(NoiseFloor.MANY, rounding -> float32.run(estimator.get(), program, name, rounding));
            Map<String, double[]> reference = float64.run(estimator.get(), program, name, Rounding.none());
            for (Map<String, double[]> result : List.of(floor.typical(), reference)) {
                String backend = result == reference ? FLOAT64 : FLOAT32;
                checkNorms(golden, name, float32.layout(), floor, backend, result, factor);
                for (String key : tested.samples()) {
                    if (golden.numbers.contains(key)) {
                        String what = key.substring(key.lastIndexOf('.') + 1);
                        floor.compare(
                                backend + ": " + key, result, whole(what, result), 1, golden.numbers.doubles(key));
                    }
                }
            }
            floor.finish();
        }
        // Of the flow's initial state, which is the noise times the largest sigma.
        String ofState = name + ".grad.x0";
        if (golden.numbers.contains(ofState)) {
            double ofNoise = factor / golden.numbers.doubles("adjoint.sigmas")[0];
            TrainableTarget initialNoise = new TrainableTarget.InitialNoise();
            try (GoldenChain chain = golden.chain(FLOAT32, initialNoise)) {
                NoiseFloor floor = new NoiseFloor(
                        NoiseFloor.MANY, rounding -> chain.run(estimator.get(), program, name, rounding));
                Map<String, double[]> found = floor.typical();
                floor.compare(ofState, found, whole("grad", found), ofNoise, golden.numbers.doubles(ofState));
                floor.finish();
            }
        }
    }

    private static NoiseFloor.Part whole(String name, Map<String, double[]> result) {
        return new NoiseFloor.Part(name, 0, result.get(name).length);
    }

    private static void checkNorms(
            Golden golden,
            String name,
            ParameterLayout layout,
            NoiseFloor floor,
            String backend,
            Map<String, double[]> result,
            double factor) {
        double[] norms = golden.numbers.doubles(name + ".gradnorm");
        double largest = Arrays.stream(norms).max().orElseThrow();
        JsonNode order = golden.facts.get("parameters");
        assertEquals(norms.length, order.size());
        assertEquals(layout.entries().size(), order.size());
        int kept = 0;
        for (int i = 0; i < norms.length; i++) {
            ParameterLayout.Entry entry = layout.entry(order.get(i).asText());
            NoiseFloor.Part part = new NoiseFloor.Part("grad", entry.offset(), entry.offset() + entry.size());
            String what = backend + ": " + entry.name();
            floor.compareNorm(what, result, part, factor, norms[i], largest);
            String tensor = name + ".grad." + entry.name();
            if (golden.numbers.contains(tensor)) {
                floor.compare(what, result, part, factor, golden.numbers.doubles(tensor));
                kept++;
            }
        }
        assertEquals(golden.facts.path("kept").size(), kept, "kept tensors of " + name);
    }

    /** Sub-chains of one call: the last step from the reward, every other one by its own score. */
    @Test
    void tiledRlrOfSubChainsOfOneCallIsDraftOneAndThePolicyGradientOfTheOtherSteps() {
        List<Path> folders = EstimatorCases.with(FILE);
        if (folders.isEmpty()) {
            abort("no folder in " + EstimatorCases.root() + " has a " + FILE);
        }
        Golden golden = new Golden(folders.get(0));
        SamplerProgram program = golden.program(1);
        GradientEstimator tiled =
                leases.lease(GradientEstimator.class, "rlr", Map.of("mode", "tiled-ho", "h", 1, "baseline", "none"));
        GradientEstimator draft = leases.lease(GradientEstimator.class, "truncated-bp", Map.of("steps", 1));
        try (GoldenChain float32 = golden.chain(FLOAT32, ALL_WEIGHTS);
                GoldenChain float64 = golden.chain(FLOAT64, ALL_WEIGHTS)) {
            NoiseFloor floor =
                    new NoiseFloor(NoiseFloor.MANY, rounding -> gradient(float32, program, rounding, tiled::estimate));
            for (GoldenChain chain : List.of(float32, float64)) {
                Map<String, double[]> sum = chain.run(program, "", Rounding.none(), running -> {
                    double[] gradient = draft.estimate(running).gradient();
                    Vectors.addTo(gradient, 1, scores(running));
                    return Map.of("grad", gradient);
                });
                double[] found = floor.typical().get("grad");
                floor.compare(chain == float32 ? FLOAT32 : FLOAT64, sum, whole("grad", sum), 1, found);
            }
            floor.finish();
        }
    }

    private static Map<String, double[]> gradient(
            GoldenChain chain, SamplerProgram program, Rounding rounding, Function<Chain, GradientEstimate> estimator) {
        return chain.run(
                program,
                "",
                rounding,
                running -> Map.of("grad", estimator.apply(running).gradient()));
    }

    /** The policy gradient of all steps but the last. */
    private static double[] scores(Chain chain) {
        double[] rewards = chain.rewards(chain.behaviour());
        SweepPlan plan = SweepPlan.of(chain.program());
        for (int k = 0; k < chain.program().size() - 1; k++) {
            plan = plan.cut(k, rewards);
        }
        return chain.sweep(chain.behaviour(), plan);
    }
}
