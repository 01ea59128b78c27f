package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.it.App;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * Forward passes in float32 are within 1e-5 of float64, relative to the largest number of the output: of the shipped model
 * and of networks that diffusers and transformers wrote, with frozen weights, with all of them as parameters, and with
 * adapters.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForwardPrecisionTest {
    private static final double TOLERANCE = 1e-5;
    private static final int ROWS = 3;

    private static final Path GOLDEN = Path.of("../plugins/model-diffusers/src/test/resources/golden");
    private static final Path DIGITS = App.HOME.resolve("models/digits");

    @TempDir
    static Path scratch;

    private Leases plugins;
    private ComputeBackend exact;
    private final Map<String, ComputeBackend> backends = new LinkedHashMap<>();

    @BeforeAll
    void start() {
        plugins = new Leases(scratch);
        exact = plugins.lease(ComputeBackend.class, "reference", Map.of());
        ComputeBackend torch = plugins.lease(ComputeBackend.class, "djl-pytorch", Map.of());
        ComputeBackend onnx = plugins.lease(ComputeBackend.class, "onnxruntime", Map.of());
        backends.put("onnxruntime", onnx);
        backends.put("djl-pytorch", torch);
        backends.put("djl-pytorch with onnxruntime", new CompositeBackend(torch, onnx));
    }

    @AfterAll
    void stop() {
        plugins.close();
    }

    /** A network with everything that a call needs. */
    private record Case(
            String name,
            GraphDefinition graph,
            WeightSource weights,
            ParameterLayout layout,
            double[] theta,
            Map<String, double[]> inputs) {
        double[] on(ComputeBackend backend) {
            try (BackendSession session = backend.open();
                    Network network = session.compile(graph, weights, layout);
                    TensorArena arena = session.arena()) {
                Map<String, Tensor> operands = new LinkedHashMap<>();
                for (TensorSpec spec : graph.inputs()) {
                    long[] shape = spec.shape();
                    shape[0] = ROWS;
                    operands.put(spec.name(), arena.tensor(inputs.get(spec.name()), shape));
                }
                @Nullable Tensor parameters = theta.length == 0 ? null : arena.tensor(theta, theta.length);
                return network.forward(arena, parameters, operands).toDoubles();
            }
        }
    }

    @TestFactory
    Stream<DynamicNode> float32_is_within_1e5_of_float64() throws IOException {
        Map<String, Path> folders = new LinkedHashMap<>();
        folders.put("digits", DIGITS);
        folders.put(
                "unet2d_ddpm", folder("""
                        {"_class_name": "DDPMPipeline", "unet": ["diffusers", "UNet2DModel"],
                         "scheduler": ["diffusers", "DDPMScheduler"]}
                        """, Map.of("unet2d_ddpm/unet", "unet", "unet2d_ddpm/scheduler", "scheduler")));
        folders.put(
                "unet_sd1 and clip",
                folder(
                        """
                        {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
                         "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
                         "tokenizer": ["transformers", "CLIPTokenizer"]}
                        """,
                        Map.of(
                                "unet_sd1/unet", "unet",
                                "unet_sd1/scheduler", "scheduler",
                                "clip/text_encoder_quick_gelu", "text_encoder",
                                "clip/tokenizer", "tokenizer")));
        ModelLoader loader = plugins.lease(ModelLoader.class, "diffusers", Map.of());
        List<DynamicNode> nodes = new ArrayList<>();
        folders.forEach((name, folder) -> {
            DiffusionModel model = plugins.keep(loader.load(folder));
            List<DynamicNode> tests = new ArrayList<>();
            for (Case one : cases(model)) {
                double[] expected = one.on(exact);
                backends.forEach((id, backend) ->
                        tests.add(dynamicTest(one.name + " on " + id, () -> compare(expected, one.on(backend)))));
            }
            nodes.add(dynamicContainer(name, tests));
        });
        return nodes.stream();
    }

    private static void compare(double[] expected, double[] found) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - found[i]));
        }
        double relative = difference / largest;
        assertTrue(relative <= TOLERANCE, "differs by " + relative + " of the largest number " + largest);
        // Float32 that agrees to the last bit of float64 would be a comparison of something with itself.
        assertTrue(relative > 0);
    }

    private static List<Case> cases(DiffusionModel model) {
        List<Case> cases = new ArrayList<>();
        GraphDefinition denoiser = model.denoiser();
        WeightSource weights = model.denoiserWeights();
        cases.add(new Case(
                "frozen denoiser", denoiser, weights, ParameterLayout.empty(), new double[0], inputs(denoiser, 1)));
        TrainableWeights all = model.trainable(new TrainableTarget.Full(List.of()));
        cases.add(new Case(
                "trained denoiser", all.denoiser(), weights, all.layout(), all.initial(1), inputs(denoiser, 2)));
        TrainableWeights adapters =
                model.trainable(new TrainableTarget.Lora(4, 4, List.of("to_q", "to_k", "to_v", "to_out.0")));
        double[] moved = adapters.initial(1);
        double[] noise = NoiseStream.of(1, "precision.theta", 0).gaussians(moved.length);
        for (int i = 0; i < moved.length; i++) {
            moved[i] = (float) (moved[i] + 0.05 * noise[i]);
        }
        cases.add(new Case(
                "denoiser with adapters", adapters.denoiser(), weights, adapters.layout(), moved, inputs(denoiser, 3)));
        model.promptEncoder()
                .ifPresent(text -> cases.add(new Case(
                        "text network",
                        text.graph(),
                        text.weights(),
                        ParameterLayout.empty(),
                        new double[0],
                        Map.of(Tokenizer.TOKENS, tokens(text)))));
        return cases;
    }

    /** Noise for what is noise; times from the beginning, the middle and the end of the chain. All are float32. */
    private static Map<String, double[]> inputs(GraphDefinition graph, long seed) {
        Map<String, double[]> inputs = new LinkedHashMap<>();
        for (TensorSpec spec : graph.inputs()) {
            double[] values =
                    NoiseStream.of(seed, "precision." + spec.name(), 0).gaussians(ROWS * spec.rowSize());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) values[i];
            }
            inputs.put(
                    spec.name(),
                    spec.name().equals(DenoiserInput.TIMESTEP.key()) ? new double[] {1, 481, 951} : values);
        }
        return inputs;
    }

    private static double[] tokens(PromptEncoder text) {
        return Stream.of("a handwritten seven", "", "nine nine nine")
                .flatMapToLong(prompt -> Arrays.stream(text.tokenize(prompt)))
                .asDoubleStream()
                .toArray();
    }

    /** A model folder made of parts of golden cases. */
    private static Path folder(String index, Map<String, String> parts) throws IOException {
        Path folder = Files.createTempDirectory(scratch, "model");
        Files.writeString(folder.resolve("model_index.json"), index);
        for (Map.Entry<String, String> part : parts.entrySet()) {
            Path target = Files.createDirectory(folder.resolve(part.getValue()));
            try (Stream<Path> files = Files.list(GOLDEN.resolve(part.getKey()))) {
                for (Path file : files.toList()) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
        }
        return folder;
    }
}
