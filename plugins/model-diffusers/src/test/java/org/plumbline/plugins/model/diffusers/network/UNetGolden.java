package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** A UNet of random weights with inputs, and what diffusers makes of them. */
record UNetGolden(Path folder, JsonNode facts, DenoiserNetwork unet, ParameterLayout layout, int conditionLength) {
    /**
     * Results in float64 arrays.
     *
     * @param condition gradient of the condition; empty if the network takes none
     * @param theta gradient of all weights
     */
    record Pulled(double[] output, double[] sample, double[] condition, double[] theta) {}

    /** The cases whose networks take time labels and at most one of a prompt and a class. */
    static List<Path> cases() {
        return GoldenCases.with("unet/config.json").stream()
                .filter(folder -> read(folder).unet() instanceof UNet images ? plain(images.config()) : true)
                .toList();
    }

    private static boolean plain(UNetConfig config) {
        boolean table = config.classes()
                .map(classes -> classes.kind() == ClassEmbedding.Kind.TABLE)
                .orElse(true);
        boolean both = config.conditionWidth() > 0 && config.classes().isPresent();
        return config.time() instanceof TimeFeatures.Positional
                && config.textTime().isEmpty()
                && table
                && !both;
    }

    static UNetGolden read(Path folder) {
        JsonNode facts = GoldenCases.json(folder.resolve("forward.json"));
        ConfigFile file = ConfigFile.read(folder.resolve("unet/config.json"));
        DenoiserConfig config = switch (facts.get("cls").asText()) {
            case "UNet2DModel" -> UNet2DConfig.read(file);
            case "UNet3DConditionModel" -> UNet3DConfig.read(file);
            default -> UNet2DConditionConfig.read(file);
        };
        Scope scope = Scope.root();
        DenoiserNetwork unet = config.build(scope);
        ParameterLayout.Builder layout = ParameterLayout.builder();
        scope.weights().forEach(weight -> layout.add(weight.name(), weight.shape()));
        try (SafetensorsFile numbers = numbers(folder)) {
            int length = config.conditioning() instanceof Conditioning.Text
                    ? (int) numbers.shape("in.encoder_hidden_states")[1]
                    : 0;
            return new UNetGolden(folder, facts, unet, layout.build(), length);
        }
    }

    private static SafetensorsFile numbers(Path folder) {
        return SafetensorsFile.open(folder.resolve("forward.safetensors"));
    }

    /** What diffusers was given and computed. The caller closes it. */
    SafetensorsFile numbers() {
        return numbers(folder);
    }

    GraphDefinition graph() {
        return new DenoiserGraph("unet", unet, conditionLength);
    }

    /** The time labels, one per row. */
    double[] labels() {
        try (SafetensorsFile numbers = numbers()) {
            return numbers.doubles("in.timesteps");
        }
    }

    /** Output and gradients with all weights trained. */
    Pulled pull(ComputeBackend backend) {
        return pull(graph(), labels(), backend);
    }

    /**
     * Output and gradients with all weights trained.
     *
     * @param graph this network, or one that takes something else as time labels
     * @param time the values of its input "timestep"
     */
    Pulled pull(GraphDefinition graph, double[] time, ComputeBackend backend) {
        Conditioning conditioning = unet.config().conditioning();
        boolean conditional = conditioning instanceof Conditioning.Text;
        try (SafetensorsFile numbers = numbers();
                SafetensorsFile weights =
                        SafetensorsFile.open(folder.resolve("unet/diffusion_pytorch_model.safetensors"));
                BackendSession session = backend.open();
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            inputs.put("sample", arena.tensor(numbers.doubles("in.sample"), numbers.shape("in.sample")));
            int rows = inputs.get("sample").rows();
            inputs.put(
                    "timestep",
                    time.length == rows ? arena.tensor(time, rows) : arena.tensor(time, rows, time.length / rows));
            if (conditional) {
                String name = "in.encoder_hidden_states";
                inputs.put("condition", arena.tensor(numbers.doubles(name), numbers.shape(name)));
            }
            if (conditioning instanceof Conditioning.OfClass) {
                double[] labels = numbers.doubles("in.class_labels");
                double[] oneHot = new double[rows * conditioning.width()];
                for (int row = 0; row < rows; row++) {
                    oneHot[row * conditioning.width() + (int) labels[row]] = 1;
                }
                inputs.put("condition", arena.tensor(oneHot, rows, 1, conditioning.width()));
            }
            Network network = session.compile(graph, WeightSource.none(), layout);
            VectorJacobian pulled = network.vjp(
                    arena,
                    arena.tensor(theta(weights), layout.size()),
                    inputs,
                    arena.tensor(numbers.doubles("in.cotangent"), numbers.shape("in.cotangent")),
                    conditional ? Set.of("sample", "condition") : Set.of("sample"));
            return new Pulled(
                    pulled.output().toDoubles(),
                    pulled.inputGradients().get("sample").toDoubles(),
                    conditional ? pulled.inputGradients().get("condition").toDoubles() : new double[0],
                    pulled.parameterGradient().toDoubles());
        }
    }

    /** Also checks that our names are the file's, no more and no fewer. */
    private double[] theta(SafetensorsFile weights) {
        assertEquals(
                weights.names(),
                Set.copyOf(layout.entries().stream()
                        .map(ParameterLayout.Entry::name)
                        .toList()));
        double[] theta = new double[layout.size()];
        for (ParameterLayout.Entry entry : layout.entries()) {
            assertEquals(Arrays.toString(weights.shape(entry.name())), Arrays.toString(entry.shape()), entry.name());
            System.arraycopy(weights.doubles(entry.name()), 0, theta, entry.offset(), entry.size());
        }
        return theta;
    }
}
